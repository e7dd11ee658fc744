// A process that is nothing but the addon: what the worker is, without the daemon. Forked by native.test.ts;
// events go up and commands come down over the IPC channel (stdout belongs to the guest once a driver is
// loaded).
'use strict';
const addon = require(process.argv[2]);
const meters = new BigUint64Array(16);

process.on('message', (message) => {
    if (message.start) {
        const options = { ...message.start, ticket: Buffer.from(message.start.ticket, 'hex'), meters };
        addon.start(options, (event) => process.send(event));
    }
    if (message.command) addon.command(message.command[0], message.command[1]);
    if (message.block) {
        // For ever: nothing in this process's JavaScript runs again.
        process.send({ type: 'blocked' }, () =>
            Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0),
        );
    }
    if (message.meters) process.send({ type: 'meters', values: Array.from(meters, Number) });
    if (message.probe) {
        try {
            const report = addon.probe(message.probe[0], message.probe[1]);
            const [device] = report.devices;
            const { name, uuid, totalMemory, attributes } = device;
            process.send({
                type: 'probed',
                driverVersion: report.driverVersion,
                name,
                uuidBytes: uuid.length,
                totalMemory: String(totalMemory),
                attributeCount: attributes.length,
            });
        } catch (error) {
            process.send({ type: 'failed', message: error.message });
        }
    }
});
process.send({ type: 'ready', version: addon.version() });
