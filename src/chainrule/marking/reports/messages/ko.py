"""한국어 (Korean).  조사는 `{where:을}`처럼 적으면 앞말에 맞게 골라 붙인다."""

from __future__ import annotations

from chainrule.explain.language.particles import inflected

__all__ = ["MISTAKES", "REMARKS", "WORDS", "inflected"]

# --- words of the report ------------------------------------------------------------------------

WORDS: dict[str, str] = {
    # verdicts
    "exact": "정확",
    "consistent": "반올림 범위 내 일치",
    "truncated": "버림",
    "follow-through": "앞줄에 따라 맞음",
    "undecided": "판정 보류",
    "wrong": "틀림",
    "unreadable": "읽을 수 없음",
    # of a cell
    "cell": "{at}{claimed} → 올바른 값 {expected}, 차이 {difference}.",
    "cell-from-above": "{at}{claimed} → 앞줄의 값으로 계산하면 {expected}, 차이 {difference}.",
    "cell-without-difference": "{at}{claimed} → 올바른 값 {expected}.",
    "further-cells": "이 줄에서 틀린 성분이 {count}개 더 있습니다.",
    # of a claim
    "expected": "참값: {expected}.",
    "no-known-mistake": "이 수가 나오는 알려진 실수 유형을 찾지 못했습니다.",
    # of a report
    "title": "풀이 채점 결과",
    "line": "줄",
    "claim": "풀이",
    "verdict": "판정",
    "comments": "설명",
    "summary": "등식 {claims}개 ({verdicts})",
    "no-claims": "채점할 등식이 없습니다.",
    "first-wrong": "처음으로 틀린 줄: {line}",
    "nothing-wrong": "틀린 줄이 없습니다.",
    # of a class
    "students": "학생 {students}명, 틀린 줄이 없는 학생 {right}명",
    "no-answer": "답을 쓰지 않았습니다.",
    "not-marked": "이 답안은 채점하지 못했습니다: {reason}",
    "broken-row": "네 열 가운데 {found}개 열만 있는 행입니다.",
    "long-row": "한 행이 {most}자를 넘습니다.",
    "too-many-rows": "한 학생의 행이 {most}개를 넘거나 글이 너무 깁니다.",
    "no-claim": "이 행에는 채점할 등식이 없습니다.",
}

# --- remarks ------------------------------------------------------------------------------------

REMARKS: dict[str, str] = {
    "transposed": "행과 열이 바뀌었습니다(전치).",
    "flattened": "행렬을 한 줄로 펼쳐 썼습니다.",
    "row-for-column": "행벡터와 열벡터를 바꾸어 썼습니다.",
    "shape": "크기가 {claimed_shape}입니다. {expected_shape} 크기여야 합니다.",
    "missing-cells": "빠진 성분이 있습니다.",
    "restated": "{line}번째 줄을 다시 쓴 것입니다.",
    "right-but-does-not-follow": "결과는 맞지만 {line}번째 줄에서 이 결과가 나오지 않습니다.",
    "truncated": "반올림하지 않고 버림했습니다. 맞은 것으로 인정합니다.",
    "follows-from": "{line}번째 줄의 실수에서 이어진 값입니다. "
    "방법은 옳으므로 다시 감점하지 않습니다.",
    "trivial": "앞줄에서 넘어온 값으로는 계산할 것이 남지 않아 참값을 기준으로 판정했습니다.",
    "whole-number": "정수로 반올림한 것으로 볼 때에만 맞습니다. 유효숫자를 더 쓰십시오.",
    "mistake-fits": "이 유효숫자로는 다음 실수와 구별할 수 없습니다. {sentence}",
    "per-example": "표본마다 구한 기울기입니다. 아직 배치에 대하여 더하지 않았습니다.",
    "identity": "모든 수에 대하여 성립하는 등식입니다.",
    "holds-here": "이 수에서는 성립하지만 다른 수에서는 성립하지 않는 등식입니다.",
    "not-claimed": "새로운 양의 값을 정하는 줄입니다.",
    "given": "문제에 주어진 것을 다시 쓴 것입니다.",
    "underflow": "참값이 컴퓨터가 나타낼 수 있는 수보다 작습니다.",
}

# --- mistakes: the sentence for each code, with the fields of `Mistake.details` and {where} -----

MISTAKES: dict[str, str] = {
    "misquoted": "{where}의 값이 문제에 주어진 값과 다릅니다.",
    "arithmetic": "{where:을} 계산하면 {right}입니다. 계산 실수입니다.",
    "missing-cells": "적힌 수는 맞지만 빠진 성분이 있습니다: {where}.",
    "learning-rate-sign": "갱신의 부호가 반대입니다. {where}에서 기울기는 더하지 않고 빼야 합니다.",
    "difference-reversed": "빼는 순서가 바뀌었습니다. {where:이어야} 합니다.",
    "sign": "{where}의 모든 성분의 부호가 반대입니다.",
    "derivative-dropped": "도함수 {where:을} 곱하지 않았습니다.",
    "bias-forgotten": "편향 {where:을} 더하지 않았습니다.",
    "learning-rate-dropped": "학습률 {where:을} 곱하지 않았습니다.",
    "mean-dropped": "{count:으로} 나누지 않았습니다. {where:은} 평균입니다.",
    "mean-twice": "{count:으로} 두 번 나누었습니다. 평균은 한 번만 냅니다: {where}.",
    "factor-dropped": "인수 {where:을} 빠뜨렸습니다.",
    "factor-doubled": "인수 {where:을} 두 번 곱했습니다.",
    "mean-for-sum": "{where:을} {count:으로} 나누었습니다. 여기서는 평균이 아니라 합입니다.",
    "factor-two": "{where:이} 2배로 되어 있습니다.",
    "factor-half": "{where:이} 절반으로 되어 있습니다.",
    "not-summed": "데이터별 값을 더하지 않았습니다: {where}.",
    "one-example": "{where}에서 {index}번 데이터만 계산했습니다. 모든 데이터의 값을 더해야 합니다.",
    "transpose": "여기서 {where}의 전치가 빠졌거나, 필요 없는 전치를 했습니다.",
    "result-transposed": "{where}의 행과 열이 바뀌었습니다(전치).",
    "path-left-out": "연쇄 법칙에서 경로 하나가 빠졌습니다. 합에 {where:이} 없습니다.",
    "power-dropped": "{where}의 거듭제곱을 하지 않았습니다.",
    "activation-dropped": "활성화 함수를 적용하지 않았습니다. {where}에는 {name:이} 필요합니다.",
    "activation-for-derivative": "도함수 {where} 대신 활성화 함수의 값을 곱했습니다.",
    "derivative-squared": "도함수 {where:을} 두 번 곱했습니다.",
    "softmax-diagonal-only": "소프트맥스의 야코비 행렬 {where}에서 "
    "대각 성분 S_i (1 − S_i)만 썼습니다. 나머지 성분 −S_i S_j가 빠졌습니다.",
    "updated-too-early": "갱신된 {where:을} 썼습니다. 기울기에는 갱신하기 전의 가중치를 씁니다.",
    "clipped": "{where:을} {least} 이상으로 제한했습니다(log 0을 피하는 방법). 참값은 더 작습니다.",
    "mask-of-gradient": "ReLU의 마스크를 {where:이} 아니라 전달된 기울기로 정했습니다.",
    "mask": "ReLU의 마스크를 {where:이} 아니라 {other:으로} 정했습니다.",
    "decimal": "{where}의 소수점 위치가 틀렸습니다. {power}배 차이가 납니다.",
    "sign-of-cells": "{where}의 부호가 틀렸습니다.",
    "derivative-other": "{where}에 다른 함수({other})의 도함수를 썼습니다.",
    "activation-other": "{where}에 {name} 대신 다른 활성화 함수 {other:을} 썼습니다.",
    "derivative-argument": "도함수 {where:을} 다른 점에서 계산했습니다. "
    "활성화 함수의 값과 입력을 혼동했습니다.",
    "derivative-part": "도함수 {where}의 일부가 빠졌거나 그 안의 부호가 틀렸습니다.",
    "derivative-for-activation": "{where}에 {name}의 값 대신 도함수를 썼습니다.",
    "label-for-all": "모든 클래스에서 1을 뺐습니다. 정답 클래스에서만 빼야 합니다: {where}.",
    "mask-at-zero": "ReLU의 0에서의 미분값은 여기서 0으로 정합니다: {where}.",
    "mask-turned": "ReLU의 마스크가 반대입니다: {where}.",
    "sum-for-mean": "{where:이} {count}배로 되어 있습니다.",
    "wrong-quantity": "{where} 대신 {other:을} 썼습니다.",
    "product-order": "{where}의 곱하는 순서가 바뀌었습니다.",
    "entrywise": "{where:은} 행렬곱인데 원소별 곱을 했습니다.",
    "matrix-product": "{where:은} 원소별 곱인데 행렬곱을 했습니다.",
    "term-sign": "항 {where}의 부호가 틀렸습니다.",
    "term-dropped": "항 {where:을} 빠뜨렸습니다.",
    "softmax-off-diagonal": "소프트맥스의 야코비 행렬 {where}에서 대각 성분이 빠졌습니다.",
    "not-updated": "갱신하기 전의 {where:을} 썼습니다. 여기서는 갱신된 값이 필요합니다.",
    "misread": "{where}의 값은 {right}인데 {read:으로} 계산했습니다.",
    "input-sign": "{where}의 값은 {right}인데 부호를 반대로 썼습니다.",
    "rounded-early": "{where}의 값 {right:을} {read:으로} 미리 반올림하여 계산했습니다.",
    "rows-swapped": "두 행이 서로 바뀌었습니다: {where}.",
    "columns-swapped": "두 열이 서로 바뀌었습니다: {where}.",
    "cells-swapped": "두 수가 서로 바뀌었습니다: {where}.",
    "reversed": "수의 순서가 거꾸로 되어 있습니다: {where}.",
    "wrong-index": "첨자가 틀렸습니다. {where:이} 아니라 {other}의 값입니다.",
    "other-example": "{other}번 행의 값을 적었습니다: {where}.",
    "copied": "{line}번 줄에 있는 {where}의 값을 적었습니다.",
    "digit": "{where}의 숫자 하나를 잘못 적거나 읽었습니다. {right:이어야} 합니다.",
    "digits-swapped": "{where}의 이웃한 두 숫자가 바뀌었습니다. {right:이어야} 합니다.",
    "digit-doubled": "{where}의 숫자 하나를 두 번 적었습니다. {right:이어야} 합니다.",
    "digit-dropped": "{where}의 숫자 하나가 빠졌습니다. {right:이어야} 합니다.",
    "factor-of-cells": "{where}에 인수 {factor:이} 더 곱해졌습니다.",
    "rounding": "{where}의 마지막 자리가 틀렸습니다. 반올림이 잘못되었거나 너무 거칩니다.",
    "shape": "배열의 모양이 다르거나 수의 개수가 맞지 않습니다.",
    "summed": "행 또는 열의 합입니다. 여기서는 성분마다 값이 따로 있습니다.",
    "miscopied": "{line}번 줄의 값을 잘못 옮겨 적었습니다: {where}.",
}
