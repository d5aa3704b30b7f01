/**
 * Puts a text on the clipboard and answers whether it is there. Pages without https have no clipboard interface, so
 * they fall back to the selection; then the text stays selected in `source`, ready for the user's own copy.
 */
export async function copyText(text: string, source: Node | null): Promise<boolean> {
  try {
    await navigator.clipboard.writeText(text)
    return true
  } catch {
    const selection = getSelection()
    if (!source || !selection) return false
    selection.selectAllChildren(source)
    return document.execCommand('copy')
  }
}
