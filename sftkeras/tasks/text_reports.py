"""Measures of what is not a class as text: numbers, sounds, answers, translations."""

from sftkeras import language

CHINESE = {
    "MSE: {mse:.4f}\nMAE: {mae:.4f}": (
        "均方误差（MSE）：{mse:.4f}\n平均绝对误差（MAE）：{mae:.4f}"
    ),
    "word error rate: {wer:.3f}": "词错误率（WER）：{wer:.3f}",
    "character error rate: {cer:.3f}": "字符错误率（CER）：{cer:.3f}",
    "{substitutions} substitutions, {deletions} deletions, {insertions} insertions in "
    "{units} words": (
        "{units} 个词中：替换 {substitutions}，删除 {deletions}，插入 {insertions}"
    ),
    "{substitutions} substitutions, {deletions} deletions, {insertions} insertions in "
    "{units} characters": (
        "{units} 个字符中：替换 {substitutions}，删除 {deletions}，插入 {insertions}"
    ),
    "{said} left out": "漏掉 {said}",
    "{heard} put in": "多出 {heard}",
    "exact match: {exact_match:.3f}\nwords in common (F1): {f1:.3f}\n"
    "ended by itself: {ended:.3f}\nanswers: {rows}": (
        "完全一致：{exact_match:.3f}\n共有词（F1）：{f1:.3f}\n"
        "自行结束：{ended:.3f}\n回答数：{rows}"
    ),
    "BLEU: {bleu:.1f} (95 % of resamples: {low:.1f} to {high:.1f})\n"
    "chrF: {chrf:.1f}\nword for word the same: {exact:.1%} of {rows}": (
        "BLEU：{bleu:.1f}（95% 的重抽样在 {low:.1f} 与 {high:.1f} 之间）\n"
        "chrF：{chrf:.1f}\n逐字相同：{rows} 条中的 {exact:.1%}"
    ),
}


def format_numbers(report):
    """Return a regression's errors as text."""
    return _say("MSE: {mse:.4f}\nMAE: {mae:.4f}", report)


def format_transcripts(report, level):
    """Return error rates, and the five most frequent confusions, as text.

    Args:
        report: of `Transcription.score`.
        level: `"words"` or `"characters"`, what the units are.
    """
    lines = []
    if report["wer"] is not None:
        lines.append(_say("word error rate: {wer:.3f}", report))
    lines.append(_say("character error rate: {cer:.3f}", report))
    counted = (
        "{substitutions} substitutions, {deletions} deletions, {insertions} insertions "
        "in {units} "
    )
    lines.append(_say(counted + level, report))
    for said, heard, times in report["confusions"][:5]:
        if said and heard:
            told = f"{said} -> {heard}"
        else:
            text = "{said} left out" if said else "{heard} put in"
            told = _say(text, {"said": said, "heard": heard})
        lines.append(f"  {told}: {times}")
    return "\n".join(lines)


def format_answers(report):
    """Return the shares of `Generation.score` as text."""
    return _say(
        "exact match: {exact_match:.3f}\nwords in common (F1): {f1:.3f}\n"
        "ended by itself: {ended:.3f}\nanswers: {rows}",
        report,
    )


def format_translations(report):
    """Return BLEU with its interval, chrF and the share of exact ones as text."""
    low, high = report["bleu_interval"]
    return _say(
        "BLEU: {bleu:.1f} (95 % of resamples: {low:.1f} to {high:.1f})\n"
        "chrF: {chrf:.1f}\nword for word the same: {exact:.1%} of {rows}",
        report | {"low": low, "high": high},
    )


def _say(text, report):
    return language.say(text, CHINESE, **report)
