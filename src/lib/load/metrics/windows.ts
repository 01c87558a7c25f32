import {
  addDistributions,
  distributionOf,
  writeDistribution,
  type Distribution,
} from '../../base/measure/distribution.ts'

/** The response times of a run, stretch by stretch: samples within one depend on each other, stretches hardly do. */
export interface Windows {
  /** Length of each, seconds; what came after the last whole window is in the last. */
  readonly seconds: number
  /** Of each, as `writeDistribution` writes them, microseconds. */
  readonly responseTimes: string[]
}

/** Collects response times into windows; its memory does not grow with the run. */
export interface WindowCollector {
  /** Takes the response times of the next second. */
  addSecond(responseTimes: Distribution): void
  /** `rest` came after the last whole second. */
  finish(rest: Distribution): Windows
}

/** Enough to tell what varies from chance, and few enough for a report. */
const maxWindows = 64

/** An empty collector. Windows last a second at first, and twice as long each time that there are 64 of them. */
export function createWindowCollector(): WindowCollector {
  let windows: Distribution[] = []
  let seconds = 1
  let window = distributionOf([])
  let secondsInWindow = 0

  function doubleLength(): void {
    const halves = windows
    windows = []
    for (let i = 0; i + 1 < halves.length; i += 2)
      windows.push(addDistributions(halves[i] as Distribution, halves[i + 1] as Distribution))
    seconds *= 2
  }

  return {
    addSecond(responseTimes) {
      window = addDistributions(window, responseTimes)
      secondsInWindow++
      if (secondsInWindow < seconds) return
      windows.push(window)
      window = distributionOf([])
      secondsInWindow = 0
      if (windows.length === maxWindows) doubleLength()
    },
    finish(rest) {
      const last = windows.pop() ?? distributionOf([])
      return { seconds, responseTimes: [...windows, addDistributions(last, window, rest)].map(writeDistribution) }
    },
  }
}
