/** The limits of API Gateway that a program can run into; a home without them would accept what AWS refuses. */
export const httpBodyBytes = 10 * 1024 * 1024
export const httpHeaderBytes = 10_240
export const integrationTimeoutMs = 30_000
export const socketMessageBytes = 128 * 1024
export const socketFrameBytes = 32 * 1024
export const socketIdleMs = 10 * 60_000
export const socketLifeMs = 2 * 3_600_000

/** Ours: what one slow reader may have waiting before it is cut off. */
export const socketBacklogBytes = 1024 * 1024
/** Ours: how long a client may take to send a request. */
export const requestArrivesMs = 30_000
