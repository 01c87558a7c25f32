/**
 * The exit codes of every command, by name. The README prints the same table.
 * 130 is the shell's own convention for "ended by Ctrl-C" (128 + SIGINT).
 */
export const exitCodes = {
  ok: 0,
  error: 1,
  usage: 2,
  thresholdNotMet: 3,
  auditFailed: 4,
  runNotValid: 5,
  inconclusive: 5,
  interrupted: 130,
} as const

/** The name of an exit code. */
export type ExitName = keyof typeof exitCodes

/** An error in the catalogue. */
export interface CatalogueEntry<Details> {
  readonly exit: ExitName
  /** One clear sentence on what happened, one on what to do. */
  readonly message: (details: Details) => string
}

/** Declares an error, and keeps the type of the facts that its message needs. */
export function entry<Details>(exit: ExitName, message: (details: Details) => string): CatalogueEntry<Details> {
  return { exit, message }
}
