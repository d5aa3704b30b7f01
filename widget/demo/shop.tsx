import { add, buy, empty, lines, remove, total } from './cart.ts'
import { type Product, products, rupees } from './catalogue.ts'
import { log, report, toast } from './report.ts'
import { shopper, startShopping } from './shopper.ts'

function Picture({ of }: { of: Product }) {
  return (
    <svg viewBox="0 0 120 90" aria-hidden="true" class={`picture ${of.category.toLowerCase()}`}>
      <use href={`/demo/goods.svg#${of.id}`} />
    </svg>
  )
}

/** The shelf. */
export function Goods() {
  return (
    <ul>
      {products.map((product) => (
        <li key={product.id} class="card">
          <Picture of={product} />
          <h2>{product.name}</h2>
          <p class="category">{product.category}</p>
          <div class="row">
            <span class="price">{rupees(product.price)}</span>
            <button type="button" onClick={() => report(add(product), `${product.name}: in your cart.`)}>
              Add to cart<span class="unseen"> {product.name}</span>
            </button>
          </div>
        </li>
      ))}
    </ul>
  )
}

/** What the shopper is about to buy. */
export function Cart() {
  const checkout = (event: Event) => {
    const button = event.currentTarget
    // The button goes away with the goods; the keyboard should not be left nowhere.
    if (button instanceof Element) button.closest('section')?.querySelector('h2')?.focus()
    report(buy(), 'Thank you for your order.')
  }
  return (
    <>
      <h2 tabIndex={-1}>Your cart</h2>
      {lines.value.length === 0 ? (
        <p class="quiet">Nothing in it yet. Orders from {rupees(500)} earn points.</p>
      ) : (
        <>
          <ul>
            {lines.value.map(({ product, quantity }) => (
              <li key={product.id} class="row">
                <span>
                  {quantity} × {product.name}
                </span>
                <span class="amount">{rupees(product.price * quantity)}</span>
                <button type="button" class="plain" onClick={() => remove(product)}>
                  Remove<span class="unseen"> {product.name}</span>
                </button>
              </li>
            ))}
          </ul>
          <button type="button" class="buy" onClick={checkout}>
            Buy for {rupees(total.value)}
          </button>
        </>
      )}
    </>
  )
}

/** Who shops, and the way to become somebody else. */
export function Shopper() {
  const restart = () => {
    empty()
    startShopping(true).catch(noSession)
  }
  return (
    <>
      {shopper.value && <span>Shopping as {shopper.value}</span>}
      <button type="button" class="plain" onClick={restart}>
        New shopper
      </button>
    </>
  )
}

/** What the page told Boon and what Boon decided, for the curious. */
export function Log() {
  if (log.value.length === 0) return null
  return (
    <>
      <h2>Behind the counter</h2>
      <ol>
        {log.value.map((entry) => (
          <li key={entry.id}>
            <code>{entry.event}</code> {entry.outcomes.join(', ')} <span class="quiet">in {entry.ms} ms</span>
          </li>
        ))}
      </ol>
    </>
  )
}

/** The latest news, for a few seconds. */
export function ToastBox() {
  if (!toast.value) return null
  return (
    <div class={`toast${toast.value.lines.length > 0 ? ' earned' : ''}`}>
      <p>{toast.value.title}</p>
      {toast.value.lines.map((line) => (
        <p key={line}>
          <strong>{line}</strong>
        </p>
      ))}
    </div>
  )
}

/** Says that the shop has no session; only a local Boon serves one. */
export function noSession(): void {
  toast.value = { title: 'This shop needs a Boon that runs in local mode.', lines: [] }
}
