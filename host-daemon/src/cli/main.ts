#!/usr/bin/env node
// `ferry`: parses the command line and calls one command. Flags of `ferry daemon` come from the table of
// settings. Only this file sets the exit status.
import { Command, CommanderError, Option } from 'commander';

import { readVersion } from '../config/places.ts';
import type { FlagValues } from '../config/load.ts';
import { envNameOf, flagNameOf, settingKeys, settings, type SettingKey } from '../config/settings.ts';
import { DaemonError } from '../errors.ts';
import { specHash, wireVersion } from '../generated/wire.ts';
import { writeBundle } from './bundle-command.ts';
import type { DaemonOptions } from './daemon-command.ts';
import type { DoctorOptions } from './doctor-command.ts';
import { exitCodeHelp, exitCodeOf, exitCodes } from './exit-codes.ts';
import { printError, printJson, printLine } from './output.ts';
import { glWays } from './guest-environment.ts';
import { runProgram, type RunOptions } from './run-command.ts';
import type { QueryOptions } from './status-command.ts';
import type { TraceOptions } from './trace-command.ts';

const endpointOption = [
    '--endpoint <endpoint>',
    'the daemon, as unix:/path (default: FERRY_ENDPOINT)',
] as const;
const jsonOption = ['--json', 'print JSON'] as const;

function addDaemonCommand(program: Command, finish: (code: number) => void): void {
    const command = program
        .command('daemon')
        .description('serve guests until SIGTERM')
        .option(
            '--config <file>',
            'TOML file of settings (default: FERRY_CONFIG, ~/.config/ferry/ferry.toml)',
        )
        .option('--check-config', 'only say whether the configuration is valid')
        .option('--print-config', 'only print the configuration and where each value comes from')
        .addOption(
            new Option(
                '--private',
                'end with standard input, and remove the folder of the socket',
            ).hideHelp(),
        );
    for (const key of settingKeys) {
        command.option(`--${flagNameOf(key)} <value>`, `${settings[key].doc} (${envNameOf(key)})`);
    }
    command.action(async (options: Record<string, unknown>) => {
        const { runDaemon } = await import('./daemon-command.ts');
        // SAFETY: commander fills these four from the options declared above, by its naming rule.
        finish(await runDaemon(flagsOf(options), options as DaemonOptions));
    });
}

function flagsOf(options: Readonly<Record<string, unknown>>): FlagValues {
    const flags: Partial<Record<SettingKey, string>> = {};
    for (const key of settingKeys) {
        const value =
            options[flagNameOf(key).replaceAll(/-(.)/g, (_, letter: string) => letter.toUpperCase())];
        if (typeof value === 'string') {
            flags[key] = value;
        }
    }
    return flags;
}

function addQueryCommands(program: Command, finish: (code: number) => void): void {
    program
        .command('status')
        .description('sessions of a running daemon')
        .option(...endpointOption)
        .option(...jsonOption)
        .action(async (options: QueryOptions) => {
            const { showStatus } = await import('./status-command.ts');
            finish(await showStatus(options));
        });
    program
        .command('devices')
        .description('devices of a running daemon')
        .option(...endpointOption)
        .option(...jsonOption)
        .action(async (options: QueryOptions) => {
            const { showDevices } = await import('./status-command.ts');
            finish(await showDevices(options));
        });
    program
        .command('doctor')
        .description('check what a guest needs; each problem with its next step')
        .option('--config <file>', 'configuration of the daemon that is meant')
        .option(...endpointOption)
        .option(...jsonOption)
        .action(async (options: DoctorOptions) => {
            const { runDoctor } = await import('./doctor-command.ts');
            finish(await runDoctor(options));
        });
}

function addRunCommand(program: Command, finish: (code: number) => void): void {
    program
        .command('run')
        .description('run a program on the daemon, or on a private one that ends with it')
        .usage('[options] -- program [args]')
        .option(...endpointOption)
        .addOption(
            new Option('--device <driver>', 'use a private daemon with this device').choices([
                ...settings['device.driver'].choices,
            ]),
        )
        .addOption(
            new Option('--gl <way>', 'how OpenGL is forwarded: by libglvnd, or as libGL itself').choices([
                ...glWays,
            ]),
        )
        .option('--stats', "print what the program's calls cost, on standard error")
        .option('--json', 'print --stats as JSON')
        .argument('<program>')
        .argument('[args...]')
        .passThroughOptions()
        .action(async (name: string, args: string[], options: RunOptions) => {
            finish(await runOrExplain(() => runProgram(name, args, options)));
        });
}

function addTraceCommand(program: Command, finish: (code: number) => void): void {
    program
        .command('trace')
        .description('run a program on a private daemon and write what happened, for ui.perfetto.dev')
        .usage('[options] -- program [args]')
        .option('--output <file>', 'the JSON file', 'ferry-trace.json')
        .option('--endpoint <endpoint>', 'use this daemon, as unix:/path; then only the program is traced')
        .addOption(
            new Option('--device <driver>', 'device of the private daemon').choices([
                ...settings['device.driver'].choices,
            ]),
        )
        .argument('<program>')
        .argument('[args...]')
        .passThroughOptions()
        .action(async (name: string, args: string[], options: TraceOptions) => {
            const { traceProgram } = await import('./trace-command.ts');
            finish(await runOrExplain(() => traceProgram(name, args, options)));
        });
}

// 125 as in env(1), so that a caller can tell our failure from the program's.
async function runOrExplain(run: () => Promise<number>): Promise<number> {
    try {
        return await run();
    } catch (error) {
        if (error instanceof DaemonError) {
            printError(`ferry: ${error.message}`);
            return exitCodes.runFailed;
        }
        throw error;
    }
}

function addSmallCommands(program: Command, finish: (code: number) => void): void {
    program
        .command('bundle')
        .description('write the folder that a guest without Node needs')
        .argument('<folder>')
        .action((folder: string) => finish(writeBundle(folder)));
    program
        .command('version')
        .description('versions of this installation')
        .option(...jsonOption)
        .action((options: { readonly json?: boolean }) => {
            const versions = { version: readVersion(), wireVersion, specHash };
            if (options.json === true) {
                printJson(versions);
            } else {
                printLine(`ferry ${versions.version}, wire ${wireVersion}, calls ${specHash}`);
            }
            finish(exitCodes.ok);
        });
}

async function main(): Promise<void> {
    const finish = (code: number) => {
        process.exitCode = code;
    };
    // The reader of `ferry status | head` has what it wants and is gone; that is no failure.
    process.stdout.on('error', (error: NodeJS.ErrnoException) => {
        process.exit(error.code === 'EPIPE' ? exitCodes.ok : exitCodes.failed);
    });
    const program = new Command('ferry')
        .description('Runs unmodified CUDA programs on a GPU that another process owns.')
        .version(readVersion())
        .enablePositionalOptions()
        .addHelpText('after', exitCodeHelp)
        .exitOverride();
    addDaemonCommand(program, finish);
    addRunCommand(program, finish);
    addTraceCommand(program, finish);
    addQueryCommands(program, finish);
    addSmallCommands(program, finish);
    try {
        await program.parseAsync();
    } catch (error) {
        if (error instanceof CommanderError) {
            finish(error.exitCode === 0 ? exitCodes.ok : exitCodes.usage);
        } else if (error instanceof DaemonError) {
            printError(`ferry: ${error.message}`);
            finish(exitCodeOf(error.code));
        } else {
            throw error;
        }
    }
}

await main();
