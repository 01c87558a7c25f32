import { cutTo } from '../base/cut-text.ts'
import { failure } from '../base/errors/errors.ts'
import type { AllowedScenarios } from '../load/distributed/travelling-scenario.ts'

/** Reads `none`, `any`, or hashes such as `sha256:ab...`. Throws `usage-wrong`, which says what is allowed. */
export function readAllowed(given: readonly string[]): AllowedScenarios {
  const [first] = given
  if (given.length === 1 && (first === 'none' || first === 'any')) return first
  const hashes = given.map((text) => /^sha256:([\da-f]{64})$/i.exec(text)?.[1]?.toLowerCase())
  const wrong = hashes.indexOf(undefined)
  if (wrong === -1) return new Set(hashes as readonly string[])
  throw failure('usage-wrong', {
    reason: `--allow-scenarios cannot be ${cutTo(100, given[wrong] ?? '')}. Allowed: none, any, or sha256: and 64 hexadecimal digits for each file.`,
  })
}
