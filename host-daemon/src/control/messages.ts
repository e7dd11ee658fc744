// The control service's messages as this side uses them, field for field as in proto/ferry.proto. 64-bit
// numbers travel through protobufjs as decimal text, because a JS number would round them. Types only.

export interface GetVersionReply {
    readonly version: string;
    readonly wireVersion: number;
    readonly specHash: string;
}

export interface OpenRequest {
    readonly wireVersion: number;
    readonly version: string;
    readonly specHash: string;
    readonly pid: number;
    readonly program: string;
    /** A worker that is reached over TCP, when the daemon itself is. */
    readonly wantsTcp?: boolean;
}

export interface OpenReply {
    readonly sessionId: string;
    readonly endpoint: string;
    readonly ticket: Uint8Array;
    readonly ticketTtlMs: number;
}

export interface CloseRequest {
    readonly sessionId: string;
}

export interface MetersMessage {
    readonly records: string;
    readonly batches: string;
    readonly replies: string;
    readonly bytesIn: string;
    readonly bytesOut: string;
    readonly deviceBytes: string;
    readonly launches: string;
    readonly leases: string;
    readonly resumes: string;
    readonly presents: string;
    readonly glSwitches: string;
    readonly voluntarySwitches: string;
    readonly involuntarySwitches: string;
}

export interface SessionMessage {
    readonly sessionId: string;
    readonly guestPid: number;
    readonly program: string;
    readonly state: string;
    readonly workerPid: number;
    readonly startedUnixMs: string;
    readonly meters: MetersMessage;
}

export interface ListSessionsReply {
    readonly sessions: readonly SessionMessage[];
}

export interface DeviceMessage {
    readonly name: string;
    readonly uuid: Uint8Array;
    readonly totalMemory: string;
    readonly attributes: readonly number[];
}

export interface ListDevicesReply {
    readonly driver: string;
    readonly driverPath: string;
    readonly driverVersion: number;
    readonly devices: readonly DeviceMessage[];
    readonly arbiterDecisions: string;
}

export type Empty = Readonly<Record<string, never>>;

/** What the daemon does for each call; a DaemonError becomes a gRPC status (control/server.ts). */
export interface ControlHandlers {
    getVersion(): GetVersionReply;
    open(request: OpenRequest): Promise<OpenReply>;
    close(request: CloseRequest): Empty;
    listSessions(): ListSessionsReply;
    listDevices(): ListDevicesReply;
}
