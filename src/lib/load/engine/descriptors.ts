import { readdirSync, readFileSync } from 'node:fs'
import { failure } from '../../base/errors/errors.ts'
import type { LoadModel } from './model.ts'
import { shareOf, type Shard } from './schedule.ts'

/** Descriptors besides those of connections: files of modules, of the ledger and the report. */
const spare = 16

/** File descriptors of a process. */
export interface Descriptors {
  /** That it may have. */
  readonly limit: number
  readonly used: number
}

/** Those of this process; null where the system does not say. */
export function ownDescriptors(): Descriptors | null {
  try {
    const [, limit] = /^Max open files\s+(\d+)/m.exec(readFileSync('/proc/self/limits', 'utf8')) ?? []
    if (limit === undefined) return null
    return { limit: Number(limit), used: readdirSync('/proc/self/fd').length }
  } catch {
    return null
  }
}

/** Connections that this process can still open. */
export function openableConnections(own: Descriptors | null = ownDescriptors()): number {
  return own ? Math.max(0, own.limit - own.used - spare) : Infinity
}

/**
 * Throws `usage-wrong` when a shard of a load has more connections than this process can open. A rate is let pass, since
 * it seldom comes to all that may be in flight: what cannot be opened then is counted as failed.
 */
export function requireDescriptors(model: LoadModel, shard: Shard, own: Descriptors | null = ownDescriptors()): void {
  if (model.kind !== 'saturation' || !own) return
  const connections = shareOf(model.connections, shard)
  const free = openableConnections(own)
  if (connections <= free) return
  throw failure('usage-wrong', {
    reason: `${connections} connections cannot be opened: this process may open ${own.limit} files and sockets, and has ${free} left for connections. Raise the limit (ulimit -n ${own.used + spare + connections}), or take fewer --connections.`,
  })
}
