import type { z } from 'zod'

/** One thing that can be set in a config file, in the environment or by a flag. */
export interface Setting<T = unknown> {
  /** Reads text (flag, environment) and JSON (file) alike. */
  readonly schema: z.ZodType<T>
  /** As a person would write it; undefined means "not set". */
  readonly default: string | undefined
  readonly summary: string
  /** Said after "Allowed:" when a value is refused. */
  readonly allowed: string
  /** Says what is allowed instead of one value that is refused, perhaps with what was meant. */
  readonly explain?: (raw: unknown) => string | null
  /** The value is a URL that may carry a password. */
  readonly secretUrl?: true
  /** The value is a secret: it is never shown, and no command has a flag for it, which other users could read. */
  readonly secret?: true
  readonly char?: 'n' | 'w'
  /** Where commands have flags of one name that mean different things: the flag, not the name in kebab-case. */
  readonly flag?: string
  /** Settings whose flags cannot be given beside this one's, because it says what they say in another way. */
  readonly replaces?: readonly string[]
}

/** Keeps the type of what the schema reads. */
export function setting<T>(definition: Setting<T>): Setting<T> {
  return definition
}

/** What `duration` reads, in words. */
export const durationAllowed = 'a number with ms, s, m or h, such as 500ms, 60s or 1m30s'
/** What is allowed where it must be a second or more. */
export const secondsAllowed = 'a number with ms, s, m or h, such as 1500ms, 60s or 1m30s, 1s or more'
/** What `count` reads, in words. */
export const countAllowed = 'a number of rows such as 1000, 50k or 10m'
