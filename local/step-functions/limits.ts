/** The service's limits that a definition or an execution can meet; local success has to mean success there. */
export const maxPayloadBytes = 262_144
export const maxVariableBytes = 10 * 1_048_576
export const maxHistoryEvents = 25_000
export const maxErrorCharacters = 256
export const maxCauseCharacters = 32_768
export const maxNameCharacters = 80
export const maxSeconds = 99_999_999
export const maxConcurrency = 10_000
export const maxRangeItems = 1_000
export const maxHashCharacters = 10_000
export const retentionMs = 90 * 24 * 60 * 60 * 1_000
