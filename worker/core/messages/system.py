"""What the system says of a file or a connection, in Japanese."""

from __future__ import annotations

import errno
import os
from typing import Final

SYSTEM_FAULTS: Final[dict[str, str]] = {
    os.strerror(number): words
    for number, words in {
        errno.ENOENT: "ファイルかフォルダがありません",
        errno.EACCES: "アクセス権がありません",
        errno.EPERM: "許可されていません",
        errno.EISDIR: "フォルダです",
        errno.ENOTDIR: "途中の名前がフォルダではありません",
        errno.EEXIST: "同じ名前のものがすでにあります",
        errno.ENAMETOOLONG: "名前が長すぎます",
        errno.ELOOP: "リンクが循環しています",
        errno.ENOSPC: "ディスクの空き容量がありません",
        errno.EDQUOT: "割り当てられた容量を使い切っています",
        errno.EROFS: "書き込めない領域です",
        errno.EIO: "ディスクの読み書きに失敗しました",
        errno.EMFILE: "開いているファイルが多すぎます",
        errno.ENOMEM: "メモリが足りません",
        errno.ESTALE: "共有フォルダの接続が切れています",
        errno.EHOSTDOWN: "相手のサーバーが停止しています",
        errno.EHOSTUNREACH: "相手のサーバーに届きません",
        errno.ENETUNREACH: "ネットワークに届きません",
        errno.ECONNREFUSED: "接続を受け付けていません",
        errno.ECONNRESET: "接続が切れました",
        errno.ETIMEDOUT: "応答がありません（時間切れ）",
    }.items()
}
"""By the system's own English words."""
