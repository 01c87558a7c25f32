import { ux, type Hook } from '@oclif/core'
import { asksForJson, guardOutput, hasFlag, hideProcessTitle } from '../output.ts'
import { exitCodes } from '../../base/errors/error-entry.ts'

/** Guards what every command does, and prints the version wherever it is asked for, also after a command and as JSON. */
const init: Hook.Init = async function ({ id = '', argv, config }) {
  guardOutput()
  hideProcessTitle(id)
  const words = [id, ...argv]
  if (!hasFlag(words, '-v', '--version')) return
  ux.stdout(asksForJson(words) ? JSON.stringify({ version: config.version }, null, 2) : config.userAgent)
  process.exit(exitCodes.ok)
}

export default init
