// proto/ferry.proto as grpc-js wants it: the Control service's methods with their encoders, read with
// protobufjs at start. Used by control/server.ts and control/client.ts. It holds no message's meaning.
import { readFileSync } from 'node:fs';
import type { MethodDefinition, ServiceDefinition } from '@grpc/grpc-js';
import protobuf from 'protobufjs';

import { places } from '../config/places.ts';

const serviceName = 'ferry.v1.Control';

// SAFETY of the `object` types below: grpc-js only carries the values between these codecs and the typed
// handlers.
type Method = MethodDefinition<object, object>;

function codecOf(type: protobuf.Type): {
    encode: (value: object) => Buffer;
    decode: (bytes: Buffer) => object;
} {
    return {
        encode: (value) => Buffer.from(type.encode(type.fromObject(value)).finish()),
        decode: (bytes) => type.toObject(type.decode(bytes), { longs: String, defaults: true, arrays: true }),
    };
}

function methodOf(root: protobuf.Root, method: protobuf.Method): Method {
    const request = codecOf(root.lookupType(`ferry.v1.${method.requestType}`));
    const reply = codecOf(root.lookupType(`ferry.v1.${method.responseType}`));
    return {
        path: `/${serviceName}/${method.name}`,
        requestStream: false,
        responseStream: false,
        requestSerialize: request.encode,
        requestDeserialize: request.decode,
        responseSerialize: reply.encode,
        responseDeserialize: reply.decode,
    };
}

function readService(): Readonly<Record<string, Method>> {
    const { root } = protobuf.parse(readFileSync(places.proto, 'utf8'));
    root.resolveAll();
    const methods = root.lookupService(serviceName).methodsArray;
    return Object.fromEntries(methods.map((method) => [method.name, methodOf(root, method)]));
}

/** Method name as in the proto file, to its definition. */
export const controlService: ServiceDefinition = readService();
export { serviceName as controlServiceName };
