import { ux, type Hook } from '@oclif/core'
import { asksForJson } from '../error-output.ts'
import { exitCodes } from '../lib/error-entry.ts'

/** Prints the version wherever it is asked for, also after a command and as JSON. */
const init: Hook.Init = async function ({ id = '', argv, config }) {
  const words = [id, ...argv]
  const end = words.indexOf('--')
  const asked = (end === -1 ? words : words.slice(0, end)).some((word) => word === '-v' || word === '--version')
  if (!asked) return
  ux.stdout(asksForJson(words) ? JSON.stringify({ version: config.version }, null, 2) : config.userAgent)
  process.exit(exitCodes.ok)
}

export default init
