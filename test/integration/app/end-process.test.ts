import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { text } from 'node:stream/consumers'
import { fileURLToPath } from 'node:url'
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
