import { execFile } from 'node:child_process'
import { promisify } from 'node:util'

const run = promisify(execFile)

/**
 * What `kustomize build FOLDER` prints; null where kustomize is not installed. With RUSHBENCH_REQUIRE_SERVICES=1 that is an
 * error instead.
 */
export async function buildManifests(folder: string): Promise<string | null> {
  try {
    return (await run('kustomize', ['build', folder])).stdout
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error
    const message = 'kustomize is not installed: go install sigs.k8s.io/kustomize/kustomize/v5@v5.8.1'
    if (process.env['RUSHBENCH_REQUIRE_SERVICES'] === '1') throw new Error(message, { cause: error })
    console.warn(`skipped: ${message}`)
    return null
  }
}
