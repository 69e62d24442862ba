/** `NAME='…'` for any POSIX shell: nothing is special in single quotes but the quote itself. Null for what no variable can hold. */
export function shellVariable(name: string, value: string): string | null {
  return value.includes('\0') ? null : `${name}='${value.replaceAll("'", "'\\''")}'`
}
