// Types for host-daemon/scripts/toolkit.mjs, which is plain JavaScript because it runs before anything is
// installed.
declare module '*/toolkit.mjs' {
    /** Full path of a working nvcc, or the reason why there is none. */
    export function findNvcc(): Promise<
        | { readonly path: string; readonly reason?: undefined }
        | { readonly path?: undefined; readonly reason: string }
    >;
}
