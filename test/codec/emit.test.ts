// What is generated for eight calls, each the exemplar of a shape: a change of an emitter shows as ten lines
// here instead of ten thousand in build/gen.

import { expect, test } from 'vitest';

import { emitAll } from '../../proto/gen/outputs.ts';
import { loadAbiHeader, loadGlModel, loadModel, wireVersion } from './toolchain.ts';

const outputs = new Map(
    emitAll(loadModel(), loadGlModel(), { wireVersion, abi: loadAbiHeader() }).map((output) => [
        output.path,
        output.text,
    ]),
);

/** Whether a top-level block of generated C++ declares the call, its twin, or one of its messages. */
function declares(block: string, name: string): boolean {
    const symbol = new RegExp(`^extern "C".* ${name}(_ptsz|_ptds)?\\(`, 'm');
    const handler = new RegExp(`^abi::CUresult run_${name}\\(`, 'm');
    const structure = new RegExp(`^struct ${name}_(Request|Reply) `, 'm');
    const codec = new RegExp(`^(void|inline bool) (encode|decode)\\(.* ${name}_(Request|Reply)&`, 'm');
    return [symbol, handler, structure, codec].some((pattern) => pattern.test(block));
}

function declarations(path: string, name: string): string {
    const blocks = (outputs.get(`build/gen/${path}`) ?? '').split(/(?<=^\}\n|^\};\n)/m);
    const wanted = blocks.filter((block) => declares(block, name));
    return wanted.map((block) => block.replace(/^\n+/, '')).join('');
}

function excerpt(name: string): string {
    const ledger = (outputs.get('proto/ledger/cuda.txt') ?? '').split('\n');
    const row = ledger.find((line) => line.split(' ')[1] === name);
    const files = ['guest/stubs.cc', 'wire/codec.h', 'host/dispatch.cc'];
    const parts = files.map((path) => `\n==== ${path}\n${declarations(path, name)}`);
    return `${row}\n${parts.join('')}`;
}

test.each([
    ['local, answered from the snapshot', 'cuDeviceGetAttribute'],
    ['async that names an object', 'cuEventCreate'],
    ['async that changes an object', 'cuFuncSetCacheConfig'],
    ['async that ends one, by hand in the guest', 'cuEventDestroy_v2'],
    ['async in stream order, with its twin, by hand in the guest', 'cuMemsetD32Async'],
    ['forwarded to the general form', 'cuMemsetD32_v2'],
    ['sync with an output', 'cuEventElapsedTime'],
    ['by hand, with the default stream', 'cuMemcpyDtoH_v2'],
    ['by hand on both ends, with a wire form of its own', 'cuLaunchKernel'],
])('a call that is %s: %s', async (_shape, name) => {
    await expect(excerpt(name)).toMatchFileSnapshot(`snapshots/${name}.txt`);
});
