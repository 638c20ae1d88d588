// Verifies webhooks as the documentation of the provider API tells its customers to: over what is
// written again of the parsed body. A line in: {body, signature, secret}. A line out: true, false.
const { createHmac, timingSafeEqual } = require('node:crypto');
const { createInterface } = require('node:readline');

function isGenuine(payload, signature, secret) {
    const expected = createHmac('sha256', secret).update(JSON.stringify(payload)).digest('hex');
    return timingSafeEqual(Buffer.from(signature), Buffer.from(expected));
}

function parsed(body) {
    try {
        // As servers read bodies: bytes that are no UTF-8 become something else.
        return JSON.parse(Buffer.from(body, 'base64').toString('utf8'));
    } catch {
        return undefined;
    }
}

createInterface({ input: process.stdin }).on('line', (line) => {
    const { body, signature, secret } = JSON.parse(line);
    const payload = parsed(body);
    const answer = payload !== undefined && isGenuine(payload, signature, secret);
    process.stdout.write(`${answer}\n`);
});
