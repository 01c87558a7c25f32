import type { z } from 'zod'

/** One thing that can be set in a config file, in the environment or by a flag. */
export interface Setting {
  /** Reads text (flag, environment) and JSON (file) alike. */
  readonly schema: z.ZodType
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
  /** Name of the flag where it is not the setting's in kebab-case: commands have flags of one name that mean different things. */
  readonly flag?: string
  /** The flag has no value: it is there, or it is not. */
  readonly isSwitch?: true
  /** The flag can be given several times. */
  readonly repeated?: true
  /** Settings whose flags cannot be given beside this one's, because it says the same in another way. */
  readonly replaces?: readonly string[]
  /** Asks for a load model of its own; of several from equally strong sources the last in the table counts. */
  readonly model?: true
  /** An API in a process of its own gets it in its environment: as text, or as a number of milliseconds. */
  readonly served?: 'text' | 'ms'
  /** Scenarios of workloads may ask for it, on other machines too: never an address of a server or a password. */
  readonly scenario?: true
  /** Determines the rows of a seeding. */
  readonly recipe?: true
  /** Plans an insert benchmark; one that is resumed takes it from its report. */
  readonly benchPlan?: true
  /** Says which tables of a database workload there are, or how large they are. */
  readonly sizesTables?: true
  /** Changes what a run measures: runs that differ in it cannot be compared. */
  readonly compared?: true
}

/** Describes what `duration` reads. */
export const durationAllowed = 'a number with ms, s, m or h, such as 500ms, 60s or 1m30s'
/** Describes a duration of a second or more. */
export const secondsAllowed = 'a number with ms, s, m or h, such as 1500ms, 60s or 1m30s, 1s or more'
/** Describes what `count` reads. */
export const countAllowed = 'a number of rows such as 1000, 50k or 10m'
