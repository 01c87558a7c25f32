import chalk from 'chalk'
import type { Paint } from '../render/terminal/text.ts'

/** Colours where the terminal has them and NO_COLOR does not forbid them. */
export const paint: Paint = {
  good: (text) => chalk.green(text),
  bad: (text) => chalk.red.bold(text),
  faint: (text) => chalk.dim(text),
  bold: (text) => chalk.bold(text),
}
