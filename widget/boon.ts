import { BoonTray } from './element.tsx'

// A page may carry the script twice; the first one stays.
if (!customElements.get('boon-tray')) customElements.define('boon-tray', BoonTray)
