import { hideInWord, hideInWords } from '../base/secret-text.ts'

/**
 * Leaves of a command line that has secrets the command alone in what `ps` shows of this process. Until it is called
 * everybody on this machine can see them.
 */
export function hideProcessTitle(command: string): void {
  const words = process.argv.slice(2)
  const shown = hideInWords(words)
  if (shown.some((word, at) => word !== words[at])) process.title = `rushbench ${hideInWord(command)}`
}
