// Types for host-daemon/scripts/toolkit.mjs, which is plain JavaScript because it runs before anything is
// installed.
declare module '*/toolkit.mjs' {
    /** Path of a working nvcc, or null with a line that says why there is none. */
    export function findNvcc(): Promise<string | null>;
}
