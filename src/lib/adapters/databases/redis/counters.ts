import type { ServerCounter } from '../../../ports/database.ts'
import type { RedisConnection } from './connection.ts'
import { codeOf } from './errors.ts'

/** What the server counts; nothing where INFO is forbidden. */
export async function readRedisCounters(connection: RedisConnection): Promise<ServerCounter[]> {
  return pickCounters(await readInfo(connection, 'memory', 'persistence', 'stats', 'commandstats'))
}

/** Some sections of INFO; empty where it is forbidden. */
export async function readInfo(
  connection: RedisConnection,
  ...sections: readonly string[]
): Promise<Map<string, string>> {
  const facts = new Map<string, string>()
  // Several sections in one command need version 7.
  const texts = sections.map((section) =>
    connection.command<string>('INFO', section).catch((error: unknown) => {
      if (isForbidden(error)) return ''
      throw error
    }),
  )
  for (const line of (await Promise.all(texts)).join('\n').split(/\r?\n/)) {
    const colon = line.indexOf(':')
    if (colon > 0) facts.set(line.slice(0, colon), line.slice(colon + 1))
  }
  return facts
}

/** Whether the server does not let this user ask, or knows no such command (it was renamed). */
export function isForbidden(thrown: unknown): boolean {
  const error = thrown instanceof Error && thrown.cause !== undefined ? thrown.cause : thrown
  return codeOf(error) === 'NOPERM' || (error instanceof Error && /unknown command/i.test(error.message))
}

/** The counters among the facts of INFO. Those of the log are there only while it is kept. */
export function pickCounters(facts: ReadonlyMap<string, string>): ServerCounter[] {
  const numberOf = (name: string): number | null => (facts.has(name) ? Number(facts.get(name)) : null)
  // A command that was never sent is left out.
  const known = [...facts.keys()].some((name) => name.startsWith('cmdstat_'))
  const script = known ? Number(/usec=(\d+)/.exec(facts.get('cmdstat_evalsha') ?? '')?.[1] ?? 0) : null
  const found: readonly (Omit<ServerCounter, 'value'> & { readonly value: number | null })[] = [
    { name: 'script time', kind: 'total', unit: 'microseconds', value: script },
    { name: 'delayed fsyncs', kind: 'total', unit: 'fsyncs', value: numberOf('aof_delayed_fsync') },
    { name: 'log size', kind: 'level', unit: 'bytes', value: numberOf('aof_current_size') },
    { name: 'memory', kind: 'level', unit: 'bytes', value: numberOf('used_memory') },
  ]
  return found.flatMap(({ value, ...counter }) => (value === null ? [] : [{ ...counter, value }]))
}
