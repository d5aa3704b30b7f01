/** The build hands the tray its minified style sheet as text. */
declare const css: string
export default css
