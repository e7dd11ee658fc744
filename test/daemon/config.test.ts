// The configuration: precedence, validation, printing. Real files, no daemon.
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';

import { loadConfig, printConfig } from '../../host-daemon/src/config/load.ts';
import { envNameOf, flagNameOf, settingKeys, settings } from '../../host-daemon/src/config/settings.ts';
import { DaemonError } from '../../host-daemon/src/errors.ts';
import { workerEnvironment } from '../../host-daemon/src/worker/environment.ts';
import { cleanUp, newFolder } from './harness.ts';

afterEach(cleanUp);

function fileOf(text: string): string {
    const file = join(newFolder(), 'ferry.toml');
    writeFileSync(file, text);
    return file;
}

function problemsOf(load: () => unknown): string {
    try {
        load();
    } catch (error) {
        expect(error).toBeInstanceOf(DaemonError);
        expect((error as DaemonError).code).toBe('config_invalid');
        return (error as DaemonError).message;
    }
    throw new Error('the configuration was accepted');
}

describe('configuration', () => {
    it('takes a flag over the environment over the file over the default', () => {
        const file = fileOf('[device]\nquantum_ms = 1\n[sessions]\nmax = 1\n[workers]\nwarm = 7\n');
        const env = { FERRY_DEVICE_QUANTUM_MS: '2', FERRY_SESSIONS_MAX: '2' };
        const { config, origins } = loadConfig({ 'device.quantum_ms': '3' }, env, file);
        expect(config['device.quantum_ms']).toBe(3);
        expect(config['sessions.max']).toBe(2);
        expect(config['workers.warm']).toBe(7);
        expect(config['device.driver']).toBe('auto');
        expect(origins['device.quantum_ms']).toBe('--device-quantum-ms');
        expect(origins['sessions.max']).toBe('FERRY_SESSIONS_MAX');
        expect(origins['workers.warm']).toBe(file);
        expect(origins['device.driver']).toBe('default');
    });

    it('finds the default socket where the shim looks for it', () => {
        expect(loadConfig({}, { XDG_RUNTIME_DIR: '/run/user/7' }).config.socket).toBe(
            '/run/user/7/ferry/ferry.sock',
        );
        expect(loadConfig({}, {}).config.socket).toBe('/run/ferry/ferry.sock');
    });

    it('reports every problem with name, expected, actual and origin', () => {
        const file = fileOf('colour = "blue"\n[device]\ndriver = "amd"\n');
        const message = problemsOf(() =>
            loadConfig({ 'sessions.max': '0' }, { FERRY_WORKERS_WARM: 'many' }, file),
        );
        expect(message.split('\n')).toHaveLength(4);
        expect(message).toContain('colour: expected a known setting');
        expect(message).toContain(
            `device.driver: expected one of auto, nvidia, software, null, got "amd" (from ${file})`,
        );
        expect(message).toContain(
            'sessions.max: expected an integer from 1 to 4096 (sessions), got "0" (from --sessions-max)',
        );
        expect(message).toContain('workers.warm: expected an integer from 0 to 64 (workers), got "many"');
    });

    it.each(['1.5', '1e3', '', ' 7', '0x10', '99999999999999999999'])('refuses %j as an integer', (text) => {
        expect(problemsOf(() => loadConfig({ 'sessions.max': text }, {}))).toContain('expected an integer');
    });

    it('refuses a driver path without the driver that it is for', () => {
        const message = problemsOf(() => loadConfig({ 'device.driver_path': '/lib/x.so' }, {}));
        expect(message).toContain('device.driver: expected nvidia or software');
    });

    it('refuses a socket path that no Unix socket can have', () => {
        const message = problemsOf(() => loadConfig({ socket: `/${'x'.repeat(100)}` }, {}));
        expect(message).toContain('socket: expected a path of at most 87 bytes');
    });

    it('says what is wrong with a file that is absent or no TOML', () => {
        expect(problemsOf(() => loadConfig({}, {}, '/nonexistent/ferry.toml'))).toContain(
            '/nonexistent/ferry.toml',
        );
        expect(problemsOf(() => loadConfig({}, {}, fileOf('a = ')))).toContain('expected TOML');
    });

    it('prints TOML that loads to the same configuration', () => {
        const first = loadConfig({ 'device.driver': 'software', 'socket': '/run/x/f.sock' }, {});
        const second = loadConfig({}, {}, fileOf(printConfig(first)));
        expect(second.config).toEqual(first.config);
    });

    it('has one environment variable and one flag per setting', () => {
        expect(new Set(settingKeys.map(envNameOf)).size).toBe(settingKeys.length);
        expect(new Set(settingKeys.map(flagNameOf)).size).toBe(settingKeys.length);
        for (const key of settingKeys) {
            expect(settings[key].doc.length, key).toBeGreaterThan(10);
        }
    });
});

describe('environment of a worker', () => {
    it('holds nothing that would load the shim, hide a device or reach into Node', () => {
        const env = {
            PATH: '/bin',
            LD_PRELOAD: 'libferry.so',
            LD_LIBRARY_PATH: '/links',
            FERRY_ENDPOINT: 'unix:/x',
            FERRY_SOFT_THREADS: '99',
            CUDA_VISIBLE_DEVICES: '1',
            NODE_OPTIONS: '--require x',
        };
        expect(workerEnvironment(env, { threads: 0, memoryBytes: 0 })).toEqual({ PATH: '/bin' });
    });

    it('holds the settings of the software device from the configuration', () => {
        const kept = workerEnvironment({}, { threads: 3, memoryBytes: 4096, devices: 4, kernelLimitMs: 250 });
        expect(kept).toEqual({
            FERRY_SOFT_THREADS: '3',
            FERRY_SOFT_MEMORY: '4096',
            FERRY_SOFT_DEVICES: '4',
            FERRY_SOFT_KERNEL_LIMIT_MS: '250',
        });
    });

    it('holds the seed of delays that a test has given the daemon', () => {
        const kept = workerEnvironment({ FERRY_DELAY_RANDOM: '5' }, { threads: 0, memoryBytes: 0 });
        expect(kept).toEqual({ FERRY_DELAY_RANDOM: '5' });
    });

    it('holds how long to look before sleeping from the configuration, not from the environment', () => {
        const kept = workerEnvironment({ FERRY_SPIN_US: '7' }, { threads: 0, memoryBytes: 0 }, 0);
        expect(kept).toEqual({ FERRY_SPIN_US: '0' });
    });
});

describe('the TCP address', () => {
    it('is of the loopback or refused with what is expected', () => {
        for (const good of ['', '127.0.0.1:0', '127.200.3.4:65535', '[::1]:4000', 'localhost:1']) {
            expect(loadConfig({ tcp: good }, {}).config.tcp).toBe(good);
        }
        const other = ['0.0.0.0:1', '10.0.0.1:1', '[::]:1', '127.0.0.256:1'];
        const bad = [...other, '127.0.0.1', '127.0.0.1:65536', '::1:1'];
        for (const text of bad) {
            expect(problemsOf(() => loadConfig({ tcp: text }, {})), text).toContain(
                `tcp: expected HOST:PORT with HOST in 127.0.0.0/8 or [::1]`,
            );
        }
        expect(loadConfig({}, { FERRY_TCP: '127.0.0.1:7' }).config.tcp).toBe('127.0.0.1:7');
    });
});
