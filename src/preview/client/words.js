// What the preview itself says, in the language of the page; languages without words of their own get English.

const EN = {
  preview: "Preview",
  region: "Preview of the site",
  errors: (n) => `${n} ${n === 1 ? "error" : "errors"}`,
  warnings: (n) => `${n} ${n === 1 ? "warning" : "warnings"}`,
  offline: "Not connected",
  offlineText: "The preview does not answer. What you see may be old; it is brought up to date as soon as the preview is back.",
  online: "The preview is back.",
  trouble: "The last good version of the site is shown until this is mended:",
  mended: "The errors are mended.",
  more: (n) => `and ${n} more; \`madoguchi check\` shows all`,
  fold: "Fold away",
  unfold: "Show the errors",
  gone: "This page is no longer made: its file was deleted, renamed, or made a draft. When it comes back, so does the page.",
  back: "The page is back.",
  panel: "This page",
  close: "Close",
  none: "Nothing is wrong with this page.",
  sources: "Files",
  state: "State",
  original: "In the language it was written in",
  translated: "Translated",
  partial: "Translated in part",
  fallback: "Not translated: shown in another language",
  machine: "By machine",
  draft: "A draft",
  segments: (all, none) => `${all} ${all === 1 ? "segment" : "segments"}, ${none} without translation`,
  findings: "Findings",
  here: "Under the pointer",
  hereNone: "Point at the text, or move the focus into it.",
  edit: (place) => `Open ${place} in the editor`,
  site: "The whole site",
  counts: (errors, warnings) => `${EN.errors(errors)}, ${EN.warnings(warnings)}`,
  mail: "Mail sent",
  error: "Error",
  warning: "Warning",
};

const JA = {
  preview: "プレビュー",
  region: "サイトのプレビュー",
  errors: (n) => `エラー${n}件`,
  warnings: (n) => `警告${n}件`,
  offline: "未接続",
  offlineText: "プレビューが応答しません。表示が古い可能性があります。応答が戻ると、自動的に更新されます。",
  online: "プレビューへの接続が戻りました。",
  trouble: "次の問題が直るまで、最後に正しく作られた内容を表示します。",
  mended: "エラーは直りました。",
  more: (n) => `ほか${n}件（すべて見るには\`madoguchi check\`を使います）`,
  fold: "たたむ",
  unfold: "エラーを表示",
  gone: "このページは作られなくなりました。ファイルが削除されたか、名前が変わったか、下書きになっています。元に戻すと、ページも戻ります。",
  back: "ページが戻りました。",
  panel: "このページ",
  close: "閉じる",
  none: "このページに問題はありません。",
  sources: "ファイル",
  state: "状態",
  original: "元の言語のまま",
  translated: "翻訳済み",
  partial: "一部を翻訳済み",
  fallback: "未翻訳（別の言語で表示）",
  machine: "機械翻訳",
  draft: "下書き",
  segments: (all, none) => `セグメント${all}個のうち、訳のないもの${none}個`,
  findings: "指摘",
  here: "ポインターの位置",
  hereNone: "本文にポインターを合わせるか、フォーカスを移してください。",
  edit: (place) => `${place}をエディターで開く`,
  site: "サイト全体",
  counts: (errors, warnings) => `${JA.errors(errors)}、${JA.warnings(warnings)}`,
  mail: "送られたメール",
  error: "エラー",
  warning: "警告",
};

/** The words for a page in this language. */
export function wordsFor(tag) {
  return /^ja\b/i.test(tag) ? JA : EN;
}

/** The language that they are in. */
export function languageOf(tag) {
  return /^ja\b/i.test(tag) ? "ja" : "en";
}
