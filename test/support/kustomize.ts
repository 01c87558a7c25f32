import { execFile } from 'node:child_process'
import { promisify } from 'node:util'

const run = promisify(execFile)
const program = process.env['RUSHBENCH_TEST_KUSTOMIZE'] ?? 'kustomize'

/**
 * Returns what `kustomize build FOLDER` prints; null where kustomize is not installed. With RUSHBENCH_REQUIRE_SERVICES=1 that is an
 * error instead.
 */
export async function buildManifests(folder: string): Promise<string | null> {
  try {
    return (await run(program, ['build', folder])).stdout
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error
    const message = 'kustomize is not installed; install it with: dev/services install kustomize'
    if (process.env['RUSHBENCH_REQUIRE_SERVICES'] === '1') throw new Error(message, { cause: error })
    console.warn(`skipped: ${message}`)
    return null
  }
}
