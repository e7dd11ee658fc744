// Stands in for the native addon in the daemon's tests: same four functions, a plain line protocol instead
// of a guest's stream. A test connects to the worker's socket and says what its "guest" does; grants and
// revokes come back as lines.
'use strict';
const net = require('node:net');

let report = () => undefined;
let guest = null;
let meters = null;

const guestLines = {
    attach: (uid = process.getuid(), pid = process.pid) =>
        report({ type: 'attached', pid: Number(pid), uid: Number(uid) }),
    want: () => report({ type: 'wants' }),
    release: () => report({ type: 'released' }),
    count: (records) => {
        meters[0] += BigInt(records);
    },
    log: (...words) => report({ type: 'log', level: 'warn', message: words.join(' ') }),
    crash: () => process.abort(),
    leave: () => report({ type: 'ended', result: 0, message: 'the guest left' }),
};

function serve(socket) {
    guest = socket;
    socket.on('error', () => undefined);
    socket.on('data', (bytes) => {
        for (const line of bytes.toString().trim().split('\n')) {
            const [name, ...words] = line.split(' ');
            guestLines[name](...words);
        }
    });
    socket.on('close', () => report({ type: 'ended', result: 0, message: 'the guest left' }));
}

exports.version = () => 'fake';

exports.probe = (driver, driverPath) => {
    if (driver === 'nvidia' || driverPath.includes('absent')) {
        throw new Error(`${driver} cannot be loaded from ${driverPath}`);
    }
    const attributes = new Array(100).fill(0);
    const device = {
        name: `Fake ${driver} device`,
        uuid: Buffer.alloc(16, 7),
        totalMemory: 2n ** 40n,
        attributes,
    };
    return { driverVersion: 13000, devices: driverPath.includes('empty') ? [] : [device] };
};

exports.start = (options, onEvent) => {
    report = onEvent;
    meters = options.meters;
    if (options.ticket.length !== 32 || options.driver === undefined) {
        throw new Error('options: expected a ticket of 32 bytes and a driver');
    }
    const server = net.createServer(serve);
    server.listen(options.socketPath, () => report({ type: 'listening', tcpPort: 0 }));
};

exports.command = (kind, value) => {
    if (guest !== null) {
        guest.write(`${kind} ${value}\n`);
    }
    if (kind === 'stop') {
        report({ type: 'ended', result: value, message: '' });
    }
};
