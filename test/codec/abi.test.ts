// Whether the ABI header and the prototypes of the specification are those of a CUDA toolkit, where there is
// one.

import { describe, expect, test } from 'vitest';

import { checkSource, findToolkit, generated, loadAbiHeader, strict } from './toolchain.ts';

const toolkit = findToolkit();
const missing = 'reason' in toolkit;
const include = missing ? [] : [`-isystem${toolkit.include}`];
const flags = ['-Wall', '-Wextra', '-Werror', '-Wno-deprecated-declarations', ...include];
const note = missing ? ` (SKIPPED: ${toolkit.reason})` : '';
if (missing) console.warn(`ABI proof SKIPPED: ${toolkit.reason}`);

describe('the ABI header', () => {
    test.skipIf(missing)(
        `has the prototypes, versions, values and layouts of the toolkit's cuda.h${note}`,
        () => {
            const proof = checkSource(generated('abi_proof.cc'), flags);
            expect(proof.stderr).toBe('');
            expect(proof.status).toBe(0);
        },
    );

    test.skipIf(missing).each([
        ['prototype', 'CUresult (*)(CUdeviceptr*, size_t)', 'CUresult (*)(CUdeviceptr*, unsigned int)'],
        ['version', 'PFN_cuMemAlloc_v3020', 'PFN_cuMemAlloc_v2000'],
        ['value', 'PROVE_VALUE(CUDA_SUCCESS)', 'PROVE_VALUE(CUDA_SUCCESS + 1)'],
        [
            'offset',
            'PROVE_MEMBER(CUlaunchConfig, hStream)',
            'static_assert(offsetof(::CUlaunchConfig, hStream) == 28)',
        ],
    ])(`would notice a wrong %s${note}`, (_what, right, wrong) => {
        const source = generated('abi_proof.cc');
        expect(source).toContain(right);
        const planted = wrong.replace(
            'CUDA_SUCCESS + 1',
            'CUDA_SUCCESS); static_assert(abi::CUDA_SUCCESS == 1',
        );
        const { status, stderr } = checkSource(source.replace(right, planted), flags);
        expect(status).not.toBe(0);
        expect(stderr).toContain('static assertion failed'); // and not, say, a header that is missing
    });

    test('has a name and a text for every code', () => {
        const codes = loadAbiHeader().enums.get('CUresult') ?? [];
        expect(codes.length).toBeGreaterThan(90);
        const lines = codes.map(
            (code) => `static_assert(abi::find_error(abi::${code})->name == std::string_view("${code}"));`,
        );
        const source = `#include <string_view>\n#include "cudart/errors.h"\n${lines.join('\n')}\n`;
        expect(checkSource(source, strict)).toEqual({ status: 0, stdout: '', stderr: '' });
    });

    test('knows no text for a number that is no code', () => {
        const source =
            '#include "cudart/errors.h"\nstatic_assert(abi::find_error(abi::CUresult(17)) == nullptr);\n';
        expect(checkSource(source, strict)).toEqual({ status: 0, stdout: '', stderr: '' });
    });
});
