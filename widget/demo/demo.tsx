import { type ComponentChild, render } from 'preact'
import { Cart, Goods, Log, noSession, Shopper, ToastBox } from './shop.tsx'
import { keepSession, startShopping } from './shopper.ts'

function put(content: ComponentChild, id: string): void {
  const place = document.getElementById(id)
  if (place) render(content, place)
}

put(<Goods />, 'goods')
put(<Cart />, 'cart')
put(<Shopper />, 'shopper')
put(<Log />, 'log')
put(<ToastBox />, 'toast')
keepSession()
startShopping(false).catch(noSession)
