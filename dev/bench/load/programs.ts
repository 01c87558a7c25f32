import { execFile } from 'node:child_process'
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { promisify } from 'node:util'

/** A load generator that is a program of its own. */
export interface LoadProgram {
  readonly name: string
  /** Loads `url` over `connections` for `seconds`, and returns the requests a second. Throws when one failed. */
  measure(core: string, url: string, connections: number, seconds: number): Promise<number>
}

const run = promisify(execFile)

async function runPinned(core: string, program: string, args: readonly string[]): Promise<string> {
  // The Go programs would otherwise start a thread for every core, and take turns on one.
  const env = { ...process.env, GOMAXPROCS: '1' }
  const { stdout } = await run('taskset', ['-c', core, program, ...args], { env, maxBuffer: 1e8 })
  return stdout
}

/** Processor time of a program and what it starts on one core, seconds, beside what it printed. */
async function timedRun(core: string, program: string, args: readonly string[]) {
  // The shell's own word for it: its second line is that of its children.
  const line = ['taskset', '-c', core, program, ...args].map((word) => `'${word}'`).join(' ')
  const { stdout } = await run('bash', ['-c', `${line}; times`], { maxBuffer: 1e8 })
  const [, user = '', system = ''] = /(\S+) (\S+)\n$/.exec(stdout) ?? []
  return { stdout, cpuSeconds: secondsOf(user) + secondsOf(system) }
}

/** Reads `0m1.234s`. */
function secondsOf(time: string): number {
  const [, minutes, seconds] = /^(\d+)m([\d.]+)s$/.exec(time) ?? []
  return Number(minutes) * 60 + Number(seconds)
}

/** Measures the processor time of a request of wrk over `connections`, and its rate, on one core. Throws when one failed. */
export async function timeWrk(core: string, url: string, connections: number, seconds: number) {
  const { stdout, cpuSeconds } = await timedRun(core, 'wrk', ['-t1', `-c${connections}`, `-d${seconds}s`, url])
  if (/Non-2xx|Socket errors/.test(stdout)) throw new Error(stdout)
  return { requests: numberIn(stdout, /(\d+) requests in/), seconds, cpuSeconds }
}

/** Returns the number after `pattern`. */
function numberIn(stdout: string, pattern: RegExp): number {
  const found = pattern.exec(stdout)?.[1]
  if (found === undefined) throw new Error(`no figure in ${stdout}`)
  return Number(found)
}

/** The programs that ours is held against, when they are on PATH; `folder` is for their files. */
export function loadPrograms(folder: string): readonly LoadProgram[] {
  return [
    {
      name: 'hey',
      async measure(core, url, connections, seconds) {
        const stdout = await runPinned(core, 'hey', ['-c', `${connections}`, '-z', `${seconds}s`, '-cpus', '1', url])
        if (/Error distribution|\[[345]\d\d\]\s+\d+ responses/.test(stdout)) throw new Error(stdout)
        return numberIn(stdout, /Requests\/sec:\s+([\d.]+)/)
      },
    },
    {
      name: 'wrk',
      async measure(core, url, connections, seconds) {
        const stdout = await runPinned(core, 'wrk', ['-t1', `-c${connections}`, `-d${seconds}s`, url])
        if (/Non-2xx|Socket errors/.test(stdout)) throw new Error(stdout)
        return numberIn(stdout, /Requests\/sec:\s+([\d.]+)/)
      },
    },
    {
      name: 'k6',
      async measure(core, url, connections, seconds) {
        const file = join(folder, 'k6.js')
        await writeFile(file, `import http from 'k6/http'\nexport default () => void http.get('${url}')\n`)
        const options = ['--vus', `${connections}`, '--duration', `${seconds}s`, '--no-color']
        const stdout = await runPinned(core, 'k6', ['run', ...options, file])
        return numberIn(stdout, /http_reqs\W+\d+\s+([\d.]+)\/s/)
      },
    },
    {
      name: 'locust',
      async measure(core, url, connections, seconds) {
        const file = join(folder, 'locustfile.py')
        const { origin, pathname } = new URL(url)
        await writeFile(file, locustFile(pathname))
        const users = ['--users', `${connections}`, '--spawn-rate', `${connections}`]
        const options = ['--headless', '--only-summary', '--json', ...users, '--run-time', `${seconds}s`]
        const stdout = await runPinned(core, 'locust', ['-f', file, '--host', origin, ...options])
        return numberIn(stdout, /"num_requests": (\d+)/) / seconds
      },
    },
  ]
}

function locustFile(path: string): string {
  return `from locust import FastHttpUser, task

class Reader(FastHttpUser):
    @task
    def read(self):
        self.client.get("${path}")
`
}
