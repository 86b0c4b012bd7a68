import { type FileHandle, open, rename, rm, stat } from 'node:fs/promises'
import { basename, dirname, join } from 'node:path'

/** A file that will hold what came out: nobody sees it before it is whole. */
export interface OutputFile {
  /** Writes `text`, all of it, and puts the file in its place. */
  write(text: string): Promise<void>
  /** Removes what was begun, unless it was written. */
  discard(): Promise<void>
}

export type Opened = { ok: true; file: OutputFile } | { ok: false; reason: string }

const isDirectory = async (path: string): Promise<boolean> => {
  try {
    return (await stat(path)).isDirectory()
  } catch {
    return false
  }
}

const reasonOf = (error: unknown): string => (error instanceof Error ? error.message : String(error))

/** Makes sure, before any work is done, that `path` can be written, by opening a file beside it. */
export async function openOutputFile(path: string): Promise<Opened> {
  if (await isDirectory(path)) return { ok: false, reason: 'it is a directory' }
  const draftPath = join(dirname(path), `.${basename(path)}.${process.pid}.tmp`)
  let draft: FileHandle
  try {
    draft = await open(draftPath, 'w')
  } catch (error) {
    return { ok: false, reason: reasonOf(error) }
  }
  let closed = false
  return {
    ok: true,
    file: {
      write: async (text) => {
        await draft.writeFile(text)
        await draft.sync()
        await draft.close()
        closed = true
        await rename(draftPath, path)
      },
      discard: async () => {
        if (closed) return
        closed = true
        await draft.close()
        await rm(draftPath, { force: true })
      },
    },
  }
}
