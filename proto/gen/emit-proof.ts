// Emits abi_proof.cc: compiled only where a CUDA toolkit is, it proves that what the specification and our
// ABI header say is what the vendor's header says. Nothing of it is ever linked.

import type { AbiHeader, AbiStruct } from './abi-header.ts';
import { banner, prototype } from './cpp.ts';
import { procEntries } from './emit-guest-tables.ts';
import { driverCalls, symbolsOf } from './emit-stub.ts';
import type { Model } from './model.ts';

export function emitProof(model: Model, abi: AbiHeader): string {
    const prototypes = model.calls.flatMap((call) => {
        if (call.api === null) return [];
        const type = `CUresult (*)(${prototype(call.api)})`;
        return symbolsOf(call).map((symbol) => `PROVE_PROTOTYPE(${symbol}, ${type});\n`);
    });
    const versions = procEntries(driverCalls(model)).map(
        (entry) => `PROVE_PROTOTYPE(${entry.symbol}, PFN_${entry.base}_v${entry.since});\n`,
    );
    const values = [...abi.enums.values()].flat().map((name) => `PROVE_VALUE(${name});\n`);
    const kept = abi.constants.map((name) => `constexpr long long k_${name} = abi::${name};\n`);
    const macros = abi.constants.map(
        (name) => `static_assert(proof::k_${name} == static_cast<long long>(${name}), "${name}");\n`,
    );
    return (
        banner('proto/spec/cuda and proto/cudart/abi', 'proto/gen/emit-proof.ts') +
        '#include "cudart/abi.h"\n\n' +
        '// The vendor has these as macros, so our values are kept before its header is read.\n' +
        `namespace proof {\n${kept.join('')}}  // namespace proof\n\n` +
        '// Without it the header hides the older ABIs behind macros.\n' +
        '#define __CUDA_API_VERSION_INTERNAL\n' +
        '#include <cuda.h>\n#include <cudaProfiler.h>\n#include <cudaProfilerTypedefs.h>\n' +
        '#include <cudaTypedefs.h>\n\n' +
        '#include <cstddef>\n#include <type_traits>\n\n' +
        '#define PROVE_PROTOTYPE(name, ...) static_assert(std::is_same_v<decltype(&::name), __VA_ARGS__>, ' +
        '#name)\n' +
        '#define PROVE_VALUE(name) \\\n' +
        '    static_assert(static_cast<long long>(abi::name) == static_cast<long long>(::name), #name)\n' +
        '#define PROVE_LAYOUT(name) \\\n' +
        '    static_assert(sizeof(abi::name) == sizeof(::name) && alignof(abi::name) == alignof(::name), ' +
        '#name)\n' +
        '#define PROVE_MEMBER(name, member) \\\n' +
        '    static_assert(offsetof(abi::name, member) == offsetof(::name, member) && \\\n' +
        '                  sizeof(abi::name::member) == sizeof(::name::member), #name "." #member)\n\n' +
        `${prototypes.join('')}\n` +
        `// The version at which an ABI appeared is part of the name of its pointer type.\n` +
        `${versions.join('')}\n` +
        `${values.join('')}\n${macros.join('')}\n` +
        abi.structs.map(layout).join('')
    );
}

function layout(struct: AbiStruct): string {
    const members = struct.members.map((member) => `PROVE_MEMBER(${struct.name}, ${member});\n`);
    return `PROVE_LAYOUT(${struct.name});\n${members.join('')}`;
}
