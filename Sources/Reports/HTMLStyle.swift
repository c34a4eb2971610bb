extension HTMLReport {
  /// The look: the system's own fonts, colours that also stand as words, room to breathe; dark where that is wanted,
  /// and on paper black on white with nothing folded.
  static let sheet: StaticString = """

    :root {
      color-scheme: light dark;
      --text: #1d2329; --muted: #59636e; --ground: #ffffff; --panel: #f5f6f8; --edge: #d9dee4; --bar: #4a6fa5;
      --pass: #14673a; --pass-ground: #e4f3ea; --warn: #7a4f00; --warn-ground: #fdf1d6;
      --fail: #a61b15; --fail-ground: #fceae8; --unknown: #55408f; --unknown-ground: #eeeaf8;
    }
    @media (prefers-color-scheme: dark) {
      :root {
        --text: #e4e8ec; --muted: #9aa5b1; --ground: #15191d; --panel: #1e2429; --edge: #343c44; --bar: #7f9fcf;
        --pass: #74d49c; --pass-ground: #12301f; --warn: #f0c060; --warn-ground: #36290c;
        --fail: #ff958c; --fail-ground: #3d1816; --unknown: #bfaef0; --unknown-ground: #2a2342;
      }
    }
    * { box-sizing: border-box; }
    body {
      margin: 0; color: var(--text); background: var(--ground);
      font: 16px/1.55 system-ui, -apple-system, "Segoe UI", Roboto, "Noto Sans", "Liberation Sans", sans-serif;
    }
    header { border-top: 8px solid; padding: 2rem 1.5rem 1.75rem; }
    header .inner { max-width: 62rem; margin: 0 auto; }
    main, footer { max-width: 65rem; padding: 0 1.5rem; margin: 0 auto; }
    header.pass { border-color: var(--pass); background: var(--pass-ground); }
    header.warn { border-color: var(--warn); background: var(--warn-ground); }
    header.fail { border-color: var(--fail); background: var(--fail-ground); }
    header.inconclusive { border-color: var(--unknown); background: var(--unknown-ground); }
    header .word { margin: 0; font-weight: 700; letter-spacing: .08em; }
    header.pass .word { color: var(--pass); }
    header.warn .word { color: var(--warn); }
    header.fail .word { color: var(--fail); }
    header.inconclusive .word { color: var(--unknown); }
    h1 { font-size: 1.7rem; line-height: 1.25; margin: .1rem 0 .75rem; }
    h2 { font-size: 1.25rem; line-height: 1.3; margin: 0 0 .9rem; }
    h3 { font-size: 1rem; margin: 0 0 .4rem; }
    .sentence { font-size: 1.15rem; margin: 0 0 1rem; max-width: 52rem; }
    .next { background: var(--ground); border: 1px solid var(--edge); border-radius: 6px; padding: 1rem 1.25rem; margin: 0 0 1rem; }
    .next h2 { font-size: 1rem; margin: 0 0 .35rem; }
    .next ol { margin: 0; padding-left: 1.3rem; }
    .next li { margin: .25rem 0; }
    .besides { margin: 0; }
    header ul { margin: .25rem 0 1rem; padding-left: 1.3rem; }
    p.facts { margin: 0; color: var(--muted); font-size: .92rem; }
    p.facts span:not(:last-child)::after { content: " ·"; }
    section { margin: 2.5rem 0; }
    p, li, td, th { overflow-wrap: anywhere; }
    .muted { color: var(--muted); }
    code, pre { font-family: ui-monospace, "SFMono-Regular", Menlo, Consolas, "Liberation Mono", monospace; font-size: .88em; }
    code { unicode-bidi: isolate; background: var(--panel); border-radius: 3px; padding: .08em .3em; white-space: pre-wrap; overflow-wrap: anywhere; }
    header code { background: rgb(127 127 127 / 14%); }
    pre { background: var(--panel); border: 1px solid var(--edge); border-radius: 6px; padding: .75rem 1rem; overflow-x: auto; margin: .6rem 0 0; }
    .wide { overflow-x: auto; margin: .5rem 0 1rem; }
    table { border-collapse: collapse; width: 100%; font-size: .94rem; font-variant-numeric: tabular-nums; }
    th, td { text-align: left; vertical-align: top; padding: .42rem .9rem .42rem 0; border-bottom: 1px solid var(--edge); min-width: 3rem; }
    thead th { color: var(--muted); font-weight: 600; white-space: nowrap; border-bottom-width: 2px; }
    th.figure, td.figure { text-align: right; white-space: nowrap; overflow-wrap: normal; }
    td.figure + td:not(.figure), th.figure + th:not(.figure) { padding-left: 1.2rem; }
    table.facts { width: auto; }
    table.facts th { color: var(--muted); font-weight: 600; white-space: nowrap; }
    th code { white-space: nowrap; }
    .result { display: inline-block; font-weight: 600; font-size: .85rem; border-radius: 3px; padding: .02rem .5rem; white-space: nowrap; }
    .result strong { font-weight: 600; }
    .result.pass { color: var(--pass); background: var(--pass-ground); }
    .result.warn { color: var(--warn); background: var(--warn-ground); }
    .result.fail { color: var(--fail); background: var(--fail-ground); }
    .result.error, .result.skipped { color: var(--unknown); background: var(--unknown-ground); }
    .figures { list-style: none; display: flex; flex-wrap: wrap; gap: .75rem; padding: 0; margin: 0 0 1rem; }
    .figures li { background: var(--panel); border: 1px solid var(--edge); border-radius: 6px; padding: .6rem 1rem; min-width: 8.5rem; }
    .figures b { display: block; font-size: 1.3rem; line-height: 1.2; font-variant-numeric: tabular-nums; }
    .figures span { color: var(--muted); font-size: .9rem; }
    article { border: 1px solid var(--edge); border-left: 5px solid var(--edge); border-radius: 4px; padding: .9rem 1.1rem; margin: 0 0 1rem; }
    article.fail { border-left-color: var(--fail); }
    article.error, article.skipped { border-left-color: var(--unknown); }
    article.warn { border-left-color: var(--warn); }
    article p { margin: 0 0 .4rem; }
    details { border: 1px solid var(--edge); border-radius: 6px; margin: 0 0 .6rem; padding: 0 1rem; }
    details > article:first-of-type { margin-top: .5rem; }
    summary { cursor: pointer; padding: .55rem 0; overflow-wrap: anywhere; }
    .checks > details, .checks details details { border-width: 1px 0 0; border-radius: 0; margin: 0; padding: 0 .25rem; }
    .checks > details:last-child { border-bottom-width: 1px; }
    .tasks { list-style: none; padding-left: 0; }
    .tasks .box { display: inline-block; width: .9em; height: .9em; border: 1.5px solid var(--muted); border-radius: 2px; margin-right: .6em; vertical-align: -.08em; }
    svg { display: block; }
    svg text { fill: var(--text); font-size: 13px; font-variant-numeric: tabular-nums; }
    svg text.muted { fill: var(--muted); }
    svg .bar { fill: var(--bar); }
    svg .bar.pass { fill: var(--pass); }
    svg .bar.warn { fill: var(--warn); }
    svg .bar.fail { fill: var(--fail); }
    svg .track { fill: var(--edge); }
    svg .mark { stroke: var(--text); stroke-width: 1.5; }
    svg .grid { stroke: var(--edge); stroke-width: 1; }
    svg.timeline { width: 100%; min-width: 44rem; height: auto; }
    .signatures td, .signatures th { padding-top: 1.9rem; border-bottom: 0; }
    .signatures thead th { padding-top: 0; }
    .signatures .line { display: block; min-width: 8rem; border-bottom: 1px solid var(--text); height: 1.2em; }
    footer { color: var(--muted); font-size: .88rem; padding-bottom: 2.5rem; }
    @media (max-width: 40rem) {
      header { padding: 1.25rem 1rem; }
      main, footer { padding: 0 1rem; }
      h1 { font-size: 1.4rem; }
    }
    @media print {
      @page { margin: 16mm 14mm; }
      :root {
        color-scheme: light; font-size: 10pt;
        --text: #000; --muted: #444; --ground: #fff; --panel: #f5f6f8; --edge: #bbb; --bar: #4a6fa5;
        --pass: #14673a; --pass-ground: #fff; --warn: #7a4f00; --warn-ground: #fff;
        --fail: #a61b15; --fail-ground: #fff; --unknown: #55408f; --unknown-ground: #fff;
      }
      body { font-size: 1rem; }
      th, td { padding-top: .25rem; padding-bottom: .25rem; }
      header, main, footer { padding-left: 0; padding-right: 0; }
      section { margin: 1.4rem 0; }
      .wide, pre { overflow: visible; }
      pre { white-space: pre-wrap; }
      svg.timeline { min-width: 0; }
      details { border: 0; padding: 0; }
      details::details-content { content-visibility: visible; display: block; height: auto; }
      tr, article, summary, .next, svg, #sign-off { break-inside: avoid; }
      h2, h3, summary { break-after: avoid; }
    }

    """
}
