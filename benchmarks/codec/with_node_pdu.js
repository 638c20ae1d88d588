// The codec of node-pdu; the same argument and answer as the programs in Python, see _loop.py.
const { readFileSync } = require('node:fs');
const { parse, Submit } = require('node-pdu');

const AT_A_TIME = 100;
const SENDER = '947110325476'; // in PDUs that are decoded, see _loop.py
const NUMBERS = [];
for (let number = 0; number < 10_000_000; number += 1009) {
    NUMBERS.push('+49170' + String(number).padStart(7, '0'));
}

// It writes 16-bit references only, so there is nothing to choose.
const encode = (recipient, { text }) => new Submit(recipient, text).getPartStrings();

function decode(pdu) {
    const { data, address, serviceCenterTimeStamp } = parse(pdu);
    return [data.getText(), address.phone, serviceCenterTimeStamp.time, serviceCenterTimeStamp.tzOff];
}

// In seconds of the processor, as in _loop.py; its collector and compiler have threads of their own.
function now() {
    const { user, system } = process.cpuUsage();
    return (user + system) / 1e6;
}

function repeat(call, seconds) {
    const started = now();
    let done = 0;
    let passed = 0;
    while (passed < seconds) {
        for (let number = done; number < done + AT_A_TIME; number++) call(number);
        done += AT_A_TIME;
        passed = now() - started;
    }
    return done / passed;
}

function rate(call, seconds) {
    repeat(call, seconds); // warms up
    return repeat(call, seconds);
}

function outcome(call) {
    try {
        return { value: call(0) };
    } catch (error) {
        // It has no classes of errors: what it throws on purpose says so in its message.
        return { error: error.constructor.name, is_own: error.message.startsWith('node-pdu:') };
    }
}

const task = JSON.parse(process.argv[2]);
const results = {};
const run = (name, call) => {
    results[name] = task.seconds ? rate(call, task.seconds) : outcome(call);
};
for (const [name, order] of Object.entries(task.encode)) {
    run(name, (number) => encode(NUMBERS[number % NUMBERS.length], order));
}
for (const [name, pdu] of Object.entries(task.decode)) {
    const senders = NUMBERS.map((number) => number.slice(1).replace(/(.)(.)/g, '$2$1'));
    const pdus = senders.map((sender) => pdu.replace(SENDER, sender));
    run(name, (number) => decode(pdus[number % pdus.length]));
}
const manifest = require.resolve('node-pdu').replace(/dist.*/, 'package.json');
const { version } = JSON.parse(readFileSync(manifest, 'utf8'));
console.log(JSON.stringify({ version, results }));
