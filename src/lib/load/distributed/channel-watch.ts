import { RushbenchError, sentError } from '../../base/errors/errors.ts'
import { aliveEveryMs, mostSilences, type FromGenerator, type ToGenerator } from './generator-messages.ts'
import type { GeneratorChannel } from './remote-generator.ts'

/** What is expected of a generator elsewhere. */
export interface Expectations {
  onSend?(message: ToGenerator): void
  onMessage?(message: FromGenerator): void
  /**
   * Asked each second, with how many of them it has said nothing for. A text says why it is lost, an error that it has
   * failed, and null that all is well.
   */
  complaintAfter(silentSeconds: number): string | RushbenchError | null
}

/** What is expected of every generator while it runs: that it says something, if only that it lives. */
export const signsOfLife: Expectations = {
  complaintAfter: (silentSeconds) =>
    silentSeconds < mostSilences ? null : `it has said nothing for ${silentSeconds} s`,
}

/**
 * A channel to a generator that does what is expected of it: one that does not is said to have failed or ended, and is
 * ended. Seconds are counted in which nothing came, not time, since this process may have been stopped itself.
 */
export function watchChannel(channel: GeneratorChannel, expected: Expectations): GeneratorChannel {
  let silentSeconds = 0
  let isOver = false
  return {
    send(message) {
      if (message.kind === 'run') silentSeconds = 0
      expected.onSend?.(message)
      channel.send(message)
    },
    listen(onMessage, onEnd) {
      const timer = setInterval(() => {
        const complaint = expected.complaintAfter(++silentSeconds)
        if (complaint === null) return
        stop()
        if (complaint instanceof RushbenchError) onMessage({ kind: 'failed', ...sentError(complaint) })
        else onEnd(complaint)
        void channel.close()
      }, aliveEveryMs)

      function stop(): void {
        clearInterval(timer)
        isOver = true
      }

      channel.listen(
        (message) => {
          if (isOver) return
          silentSeconds = 0
          expected.onMessage?.(message)
          if (message.kind === 'finished' || message.kind === 'failed') stop()
          onMessage(message)
        },
        (reason) => {
          stop()
          onEnd(reason)
        },
      )
    },
    close: () => channel.close(),
  }
}
