import { mistaken, ScenarioMistake } from '../../scenarios/scenario-mistake.ts'

/** A fragment stays with whoever asks, so that there is no `#`. */
const sendablePath = /^\/[\x21\x22\x24-\x7e]*$/

/** Throws ScenarioMistake for a path that cannot be sent as it is. */
export function requirePath(path: unknown): void {
  if (typeof path === 'string' && sendablePath.test(path)) return
  if (typeof path !== 'string' || !path.startsWith('/')) {
    throw mistaken('path', path, 'a text from / on, with the query; the host is that of --target')
  }
  const why = path.includes('#')
    ? 'has a #, which no server is sent'
    : 'has a character that has to be encoded, by encodeURIComponent say'
  throw new ScenarioMistake(`the path ${JSON.stringify(path.slice(0, 100))} cannot be sent: it ${why}`)
}
