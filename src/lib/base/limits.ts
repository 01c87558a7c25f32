// The most that a load may ask for, of this process or of workers on a queue, which settings, flags and messages read alike; and sizes of chunks.

/** Users, or iterations in flight, at the same time. */
export const mostUsers = 1_000_000

/** Starts a second, of iterations or requests. */
export const mostPerSecond = 1_000_000

/** Connections of a single request: more than there are local ports on one address. */
export const mostConnections = 100_000

/** Processes that share a load. */
export const mostWorkers = 1000

/** Replicas of an API, each with an origin of its own. */
export const mostReplicas = 64

/** Stages of a closed model, each of which may last as long as any time. */
export const mostStages = 1000

/** Bursts of an open model, and how many times the rate one may be. */
export const mostBursts = 1000
export const mostBurstFactor = 10_000

/** The longest time that can be set, ms: 30 days. */
export const longestMs = 30 * 24 * 3_600_000

/** Characters of a seed. */
export const longestSeed = 100

/** The lowest and the highest HTTP status. */
export const statusRange = { from: 100, to: 599 } as const

/** Rows in one chunk of a bulk load: more in one statement gain nothing on any engine; fewer bytes at once keep memory flat. */
export const rowsPerChunk = 1000

/** Chunks of a bulk load whose buffers stay as they are; streams and sockets hold back fewer. */
export const chunksKept = 8
