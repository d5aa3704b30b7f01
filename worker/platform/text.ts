/**
 * The form in which texts are compared without regard to case: `straße`, `STRASSE` and `Straẞe` are one, and so are a
 * composed and a decomposed `ü`. Folding a folded text changes nothing.
 *
 * The detour over lower case catches letters that upper-casing alone leaves apart (`ẞ`, the Kelvin sign); upper case
 * is the final form because it has no final sigma, which would make a beginning differ from the whole.
 */
export function foldText(text: string): string {
  return text.toLowerCase().toUpperCase().normalize('NFC')
}
