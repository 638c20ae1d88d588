// Runs telegram-test-api on a free port of loopback. A line out: the port.
const { createServer } = require('node:net');
const TelegramServer = require('telegram-test-api');

const probe = createServer().listen(0, '127.0.0.1', () => {
    const { port } = probe.address();
    probe.close(async () => {
        await new TelegramServer({ port, host: '127.0.0.1' }).start();
        process.stdout.write(`port ${port}\n`);
    });
});
