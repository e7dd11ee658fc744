// `ferry daemon`: configuration, signals, and the daemon's life in this process. --private is for `ferry
// run`: the daemon ends when its standard input does, so it cannot outlive the one who started it.
import { rmSync } from 'node:fs';
import { dirname } from 'node:path';

import { loadConfig, printConfig, type FlagValues } from '../config/load.ts';
import { places } from '../config/places.ts';
import type { Config } from '../config/settings.ts';
import { chooseDevice } from '../daemon/device.ts';
import { createLog } from '../daemon/log.ts';
import { workerEnvironment } from '../worker/environment.ts';
import type { WorkerSpec } from '../worker/process.ts';
import { exitCodes } from './exit-codes.ts';
import { printLine } from './output.ts';

export interface DaemonOptions {
    readonly config?: string;
    readonly checkConfig?: boolean;
    readonly printConfig?: boolean;
    readonly private?: boolean;
}

/** What a worker of this configuration is started with. */
export function workerSpecOf(config: Config): WorkerSpec {
    const software = {
        threads: config['software.threads'],
        memoryBytes: config['software.memory_bytes'],
        devices: config['software.devices'],
        kernelLimitMs: config['software.kernel_limit_ms'],
    };
    return {
        entry: places.workerEntry,
        addon: config['workers.addon'],
        env: workerEnvironment(process.env, software, config['workers.spin_us']),
    };
}

/** Runs until a signal, or the end of stdin with --private, stops the daemon; answers the exit status. */
export async function runDaemon(flags: FlagValues, options: DaemonOptions): Promise<number> {
    const loaded = loadConfig(flags, process.env, options.config);
    if (options.printConfig === true) {
        process.stdout.write(printConfig(loaded));
        return exitCodes.ok;
    }
    if (options.checkConfig === true) {
        printLine(`configuration is valid (${loaded.file ?? 'no file'})`);
        return exitCodes.ok;
    }
    const { config } = loaded;
    const log = createLog(config['log.level'], config['log.format']);
    // Listening begins before the daemon says that it is ready: a signal right behind that must be heard.
    const heard: string[] = [];
    let act = (reason: string): void => void heard.push(reason);
    for (const signal of ['SIGTERM', 'SIGINT', 'SIGHUP'] as const) {
        process.on(signal, () => act(signal));
    }
    const spec = workerSpecOf(config);
    // The probe is a process of its own: it starts while this one loads the gRPC packages.
    const device = chooseDevice(
        spec,
        config['device.driver'],
        config['device.driver_path'],
        (driver, why) => log.info({ driver, reason: why }, 'device not taken'),
    );
    // When the start fails before it asks for the device, nobody else hears of this.
    device.catch(() => undefined);
    const { Daemon } = await import('../daemon/daemon.ts');
    const daemon = await Daemon.start(config, spec, log, device);
    await new Promise<void>((resolve, reject) => {
        let asked = false;
        act = (reason) => {
            if (asked) {
                daemon.hurry();
            }
            asked = true;
            daemon.stop(reason).then(resolve, reject);
        };
        heard.forEach((reason) => act(reason));
        if (options.private === true) {
            process.stdin.on('end', () => act('its starter is gone')).resume();
        }
    });
    if (options.private === true) {
        // The folder was made for this one daemon, so its lock file has nobody left to keep out.
        rmSync(dirname(config.socket), { recursive: true, force: true });
    }
    return exitCodes.ok;
}
