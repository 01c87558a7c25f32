import type { Hook } from '@oclif/core'
import { asksForJson, printError } from '../output.ts'
import { exitCodes } from '../../base/errors/error-entry.ts'
import { unknownCommand } from '../usage-errors.ts'

/** Names the command that was probably meant. It runs nothing: a load that nobody asked for may hit a server. */
const commandNotFound: Hook.CommandNotFound = async function ({ id, argv = [], config }) {
  const commands = config.commands.filter(({ hidden }) => !hidden).map((command) => command.id)
  printError(unknownCommand(id, commands), asksForJson(argv))
  this.exit(exitCodes.usage)
}

export default commandNotFound
