import { execFile, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { expect, it } from 'vitest'

const module = fileURLToPath(new URL('../../../src/lib/app/end-process.ts', import.meta.url))

/** A process that is told to end after 300 ms at the latest, with what it does meanwhile. */
async function run(rest: string): Promise<{ code: number; errors: string }> {
  const begin = `import { endLate } from ${JSON.stringify(module)}; endLate(300, (text) => console.error(text))`
  const child = spawn(process.execPath, ['--input-type=module', '--eval', `${begin}; ${rest}`])
  const [errors, [code]] = await Promise.all([text(child.stderr), once(child, 'exit') as Promise<[number]>])
  return { code, errors }
}

it('ends a process that something holds, and says so', async () => {
  const { code, errors } = await run('setInterval(() => {}, 1000)')
  expect(code).toBe(1)
  expect(errors).toContain('Error: The API did not come to its end in time after its connections were ended')
})

it('holds none that has come to its end', async () => {
  expect(await run('')).toMatchObject({ code: 0, errors: '' })
})

it('ends by the signal where a thread waits for a named pipe that nobody writes to, which Node would wait for', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'rushbench-end-'))
  try {
    await promisify(execFile)('mkfifo', [join(folder, 'pipe')])
    const child = spawn(process.execPath, [
      '--input-type=module',
      '--eval',
      `import { endProcess } from ${JSON.stringify(module)}
      import { readFile } from 'node:fs/promises'
      void readFile(${JSON.stringify(join(folder, 'pipe'))})
      process.on('SIGTERM', () => {})
      setTimeout(() => endProcess('SIGTERM'), 100)`,
    ])
    const ended = once(child, 'exit')
    const late = setTimeout(() => child.kill('SIGKILL'), 10_000)
    expect(await ended).toEqual([null, 'SIGTERM'])
    clearTimeout(late)
  } finally {
    await rm(folder, { recursive: true })
  }
})
