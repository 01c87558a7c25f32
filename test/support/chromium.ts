import { existsSync } from 'node:fs'

/** Debian's, and where others have it. */
const places = ['/usr/bin/chromium', '/usr/bin/chromium-browser', '/usr/bin/google-chrome']

/**
 * Finds Chromium; null, with a line that says how to install it, when it is nowhere. With
 * RUSHBENCH_REQUIRE_SERVICES=1 a missing Chromium is an error instead.
 */
export function findChromium(): string | null {
  const found = places.find(existsSync)
  if (found) return found
  const message = 'Chromium is not installed; install it with: dev/services install chromium'
  if (process.env['RUSHBENCH_REQUIRE_SERVICES'] === '1') throw new Error(message)
  process.stderr.write(`SKIPPED: ${message}\n`)
  return null
}
