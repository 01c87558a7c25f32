import { readFile } from 'node:fs/promises'
import { failure, reasonOf } from '../../base/errors/errors.ts'
import type { PageAssets } from './html.ts'

/** Where `npm run build` puts them; as far from the sources as from what they are compiled to. */
const folder = new URL('../../../../dist/page/', import.meta.url)

/** Reads what stands in every HTML report. Throws `page-assets-missing` where the package was not built. */
export async function readPageAssets(): Promise<PageAssets> {
  try {
    const [style, script] = await Promise.all(
      ['style.css', 'charts.js'].map((name) => readFile(new URL(name, folder), 'utf8')),
    )
    return { style: style as string, script: script as string }
  } catch (error) {
    throw failure('page-assets-missing', { reason: reasonOf(error) }, error)
  }
}
