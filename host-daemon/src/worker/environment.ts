// What a worker's environment may hold. Pure. Without this a daemon started inside a guest's environment
// would load the shim instead of the driver, or hide devices from every guest alike.
import type { Environment } from '../config/places.ts';

const scrubbed = new Set([
    'LD_PRELOAD',
    'LD_LIBRARY_PATH',
    'LD_AUDIT',
    // Would bring Ferry's own GL in where the host's is wanted.
    '__GLX_VENDOR_LIBRARY_NAME',
    '__EGL_VENDOR_LIBRARY_FILENAMES',
    '__EGL_VENDOR_LIBRARY_DIRS',
    // Applied by each guest's shim on its own ordinals; here it would renumber them a second time.
    'CUDA_VISIBLE_DEVICES',
    // Would load code into, and change the memory of, every worker.
    'NODE_OPTIONS',
]);

export interface SoftwareLimits {
    /** 0 leaves the choice to the software device. */
    readonly threads: number;
    readonly memoryBytes: number;
    /** Software devices; absent: one. */
    readonly devices?: number;
    /** How long a kernel may run; absent or 0: as long as it likes. */
    readonly kernelLimitMs?: number;
}

/**
 * A copy of `env` that is safe for a worker, with the software device's settings from the configuration, and
 * how long a worker looks for more before it sleeps, when that is not for it to choose.
 */
export function workerEnvironment(
    env: Environment,
    software: SoftwareLimits,
    spinUs?: number,
): Record<string, string> {
    const kept: Record<string, string> = {};
    for (const [name, value] of Object.entries(env)) {
        if (value !== undefined && !scrubbed.has(name) && !name.startsWith('FERRY_')) {
            kept[name] = value;
        }
    }
    if (software.threads > 0) {
        kept['FERRY_SOFT_THREADS'] = String(software.threads);
    }
    if (software.memoryBytes > 0) {
        kept['FERRY_SOFT_MEMORY'] = String(software.memoryBytes);
    }
    if (software.devices !== undefined && software.devices > 1) {
        kept['FERRY_SOFT_DEVICES'] = String(software.devices);
    }
    if (software.kernelLimitMs !== undefined && software.kernelLimitMs > 0) {
        kept['FERRY_SOFT_KERNEL_LIMIT_MS'] = String(software.kernelLimitMs);
    }
    if (spinUs !== undefined) {
        kept['FERRY_SPIN_US'] = String(spinUs);
    }
    // For tests: delays at random between the steps of the ring.
    const delaySeed = env['FERRY_DELAY_RANDOM'];
    if (delaySeed !== undefined) {
        kept['FERRY_DELAY_RANDOM'] = delaySeed;
    }
    return kept;
}
