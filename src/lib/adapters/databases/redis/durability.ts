import { judgeDurability, unknown } from '../durability.ts'
import type { Durability } from '../../../ports/database-facts.ts'

/** Settings that say what a write survives. */
export const durabilitySettings = [
  'appendonly',
  'appendfsync',
  'no-appendfsync-on-rewrite',
  'save',
  'maxmemory',
  'maxmemory-policy',
] as const

/** Settings by name; `unknown` for one that may not be read. */
export type RedisSettings = Readonly<Record<(typeof durabilitySettings)[number], string>>

/** Checks the settings against each other; those that matter are told (https://redis.io/docs/latest/operate/oss_and_stack/management/persistence/). */
export function judgeRedis(settings: RedisSettings): Durability {
  const { appendonly, appendfsync, save, ...others } = settings
  const evicted = evictionRisk(settings)
  const told = {
    appendonly,
    appendfsync,
    ...(others['no-appendfsync-on-rewrite'] === 'yes' ? { 'no-appendfsync-on-rewrite': 'yes' } : {}),
    save,
    ...(evicted === null ? {} : { maxmemory: others.maxmemory, 'maxmemory-policy': others['maxmemory-policy'] }),
  }
  return judgeDurability(told, [logRisk(settings), evicted])
}

function logRisk(settings: RedisSettings): string | null {
  const { appendonly, appendfsync, save } = settings
  if (appendonly === unknown || appendfsync === unknown) return unknown
  if (appendonly !== 'yes') return save === 'never' ? 'everything' : 'all since the last snapshot'
  if (appendfsync === 'everysec') return 'the last second'
  if (appendfsync !== 'always') return 'what the system held back'
  return settings['no-appendfsync-on-rewrite'] === 'yes'
    ? 'what the system held back, whenever the log is being rewritten'
    : null
}

/** Ours have no time to live, so that only what may remove any key removes them. */
function evictionRisk(settings: RedisSettings): string | null {
  const limited = !['0', unknown].includes(settings.maxmemory)
  return limited && settings['maxmemory-policy'].startsWith('allkeys-')
    ? 'rows that are evicted when the memory is full, without any crash'
    : null
}
