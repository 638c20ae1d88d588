// Reads the parts of one message with node-pdu. A line in: [PDU, ...] in hex, in any order. A line
// out: {text: all of it, joined by node-pdu, parts: [what each says, in the order of the PDUs]}.
const { createInterface } = require('node:readline');
const { parse } = require('node-pdu');

function told(pdu) {
    const { address, data, dataCodingScheme, validityPeriod } = pdu;
    const { header } = data.parts[0];
    return {
        text: data.getText(),
        to: address.phone,
        is_international: address.type.type === 1,
        coding: ['gsm7', 'binary', 'ucs2'][dataCodingScheme.textAlphabet],
        message_class: dataCodingScheme.useMessageClass ? dataCodingScheme.classMessage : null,
        validity: validityPeriod.interval,
        place: header && {
            is_wide: header.getType() === 8,
            reference: header.getPointer(),
            total: header.getSegments(),
            number: header.getCurrent(),
        },
    };
}

createInterface({ input: process.stdin }).on('line', (line) => {
    const pdus = JSON.parse(line).map(parse);
    const parts = pdus.map(told);
    const [first, ...others] = pdus;
    others.forEach((other) => first.data.append(other));
    const answer = JSON.stringify({ text: first.data.getText(), parts });
    // Plain ASCII in both directions, whatever the locale.
    const escape = (unit) => '\\u' + unit.charCodeAt(0).toString(16).padStart(4, '0');
    process.stdout.write(answer.replace(/[\u007f-\uffff]/g, escape) + '\n');
});
