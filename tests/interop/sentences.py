"""Fifty sentences each of Japanese, Thai and English, written for the tests: kana and kanji, digits, full-width and half-width
forms, marks, mixed scripts."""

JAPANESE = """今日は朝からよく晴れています。
駅前の小さな喫茶店でコーヒーを飲んだ。
彼女は毎日二時間ピアノを練習する。
電車が遅れたので、会議に間に合わなかった。
この本は図書館で借りたものです。
明日の午後３時に東京駅で会いましょう。
「もう一度言ってください」と先生が言った。
弟はサッカーが得意だが、泳ぐのは苦手だ。
雨が降り始めたから、傘を買った。
北海道の冬はとても寒くて、雪が深い。
このアプリはＡｎｄｒｏｉｄとｉＯＳで動きます。
ﾃﾞｰﾀを保存するには、ﾎﾞﾀﾝを押してください。
猫が屋根の上で眠っている。
父は新聞を読みながら朝ご飯を食べる。
人口は約1億2500万人である。
駅から歩いて十分ほどかかります。
新しいパソコンを買うために貯金している。
彼の話は面白かったが、少し長すぎた。
春になると、公園の桜が一斉に咲く。
すみません、トイレはどこですか？
この薬は一日三回、食後に飲んでください。
祖母の家には大きな柿の木がある。
カレーの作り方を教えてくれませんか。
昨日見た映画のタイトルが思い出せない。
データベースにアクセスできません！
部屋の温度は２５℃に設定されています。
京都には古いお寺や神社がたくさんある。
日本語の文章には単語の間に空白がない。
山田さんは来月アメリカへ引っ越すそうだ。
急いでいたので、鍵をかけるのを忘れた。
ラーメンとギョーザを注文した。
このカメラは軽くて使いやすい。
会社まで自転車で通っています。
夏休みに家族で海へ行く予定だ。
十八世紀の絵画が展示されている。
ドアが開くと、猫が飛び出してきた。
価格は税込みで￥１，２８０です。
川の水がきれいで、魚が見える。
友達に誕生日のプレゼントをもらった。
ＰＤＦファイルをダウンロードしてください。
いろいろ考えた末に、彼は大学をやめた。
三月十一日に大きな地震があった。
夜空に星がきらきら光っていた～
この機械は水と電気だけで動く。
母は庭でトマトとキュウリを育てている。
質問があれば、いつでも聞いてください。
次の角を右に曲がると、銀行が見えます。
㈱や㌔のような文字も使われることがある。
彼女は笑いながら「さようなら」と手を振った。
試合は３対２で、私たちのチームが勝った。""".split("\n")

THAI = """วันนี้อากาศดีมาก
ฉันชอบกินข้าวผัดกุ้ง
เขาไปโรงเรียนแต่เช้า
แม่กำลังทำอาหารอยู่ในครัว
พรุ่งนี้เราจะไปเที่ยวทะเล
ร้านนี้เปิดตั้งแต่ 8 โมงเช้าถึงเที่ยงคืน
แมวนอนอยู่บนโซฟา
กรุงเทพมหานครเป็นเมืองหลวงของประเทศไทย
เธออ่านหนังสือเล่มนี้จบแล้วหรือยัง
รถติดมากจึงมาสาย
น้ำในแม่น้ำใสจนเห็นตัวปลา
พ่อซื้อรถยนต์คันใหม่เมื่อปี ๒๕๖๐
กรุณาถอดรองเท้าก่อนเข้าบ้าน
ฝนตกหนักตลอดทั้งคืน
เด็ก ๆ วิ่งเล่นในสนาม
ราคาชิ้นละ 250 บาท รวมภาษีแล้ว
ฉันเรียนภาษาญี่ปุ่นมาสองปี
ตลาดน้ำอยู่ไม่ไกลจากที่นี่
ช่วยเปิดหน้าต่างให้หน่อยได้ไหม
เขาเล่นกีตาร์และร้องเพลงเก่ง
โทรศัพท์ของผมแบตเตอรี่หมด
ปู่ของเธอเป็นหมอในหมู่บ้าน
การเดินทางใช้เวลาประมาณสามชั่วโมง
ต้นไม้ใหญ่ล้มขวางถนน
อย่าลืมปิดไฟก่อนออกจากห้อง
ส้มตำจานนี้เผ็ดเกินไป
เขาทำงานที่ธนาคารมาสิบปี
หิมะไม่เคยตกในภาคใต้
คอมพิวเตอร์เครื่องนี้ใช้ระบบ Linux
พระอาทิตย์ขึ้นทางทิศตะวันออก
ครูให้การบ้านเยอะมาก
เราควรดื่มน้ำวันละแปดแก้ว
ข้าวเป็นอาหารหลักของคนไทย
ช้างเป็นสัตว์ที่มีความจำดี
ดอกไม้ในสวนบานสะพรั่ง
เครื่องบินจะออกเวลา 14.35 น.
ขอโทษครับ ห้องน้ำอยู่ที่ไหน
เธอส่งจดหมายถึงเพื่อนทุกเดือน
วัดนี้สร้างขึ้นในสมัยอยุธยา
ฉันลืมกุญแจไว้ในรถ
ภูเขาลูกนั้นสูงสองพันเมตร
เขาตอบว่า "ไม่เป็นไร" แล้วก็ยิ้ม
นักเรียนทุกคนต้องสอบวันศุกร์
ทะเลสาบแห่งนี้ลึกมาก
ผมชอบฟังเพลงขณะทำงาน
น้องสาวของเธออายุสิบห้าปี
หนังเรื่องนี้สนุกกว่าที่คิด
โปรดตรวจสอบข้อมูลก่อนกดปุ่ม OK
นกบินกลับรังตอนเย็น
ทำไมคุณไม่บอกฉันล่ะ""".split("\n")

ENGLISH = """The morning train was late again.
She keeps three cats and a parrot.
Nobody knew why the lights went out.
Please close the window before you leave.
He paid $1,250.75 for the old piano.
Rain is expected in the north by evening.
We walked along the river until sunset.
"Are you sure?" she asked, frowning.
The recipe needs two cups of flour and an egg.
My brother studies chemistry in Zürich.
Don't forget to water the plants.
The committee will meet on 14 March at 09:30.
A small boat drifted past the lighthouse.
It's the third time this week that he's been late.
The café on the corner serves naïve art with its coffee.
They built the bridge in 1932 and rebuilt it in 1987.
Few people understand how the machine works.
Her answer was short, clear and wrong.
The children were playing in the snow.
Open the file README.txt and read line 42.
Version 2.0.1 fixes the bug; version 2.1 adds tests.
I would rather stay at home tonight.
The museum is closed on Mondays.
He speaks Thai, Japanese and a little Welsh.
Temperatures fell to −12 °C overnight.
The old oak has stood here for 300 years.
Send the report to office@example.org by noon.
What a strange, wonderful idea!
The price rose by 5 % in one year.
Our neighbours sold their house last spring.
The experiment was repeated ten times.
You can find the answer on page 117.
The dog barked at the postman, as always.
She wrote her first novel at the age of nineteen.
Most of the passengers were asleep.
The soup was too hot to eat.
This sentence has １２３ in full‐width digits.
An unexpected error occurred (code 0x7F).
He whistled while he repaired the fence.
The library lends books, films and games.
Snow covered the hills and the village below.
The word 東京 means "eastern capital".
Turn left at the church, then go straight on.
Only two of the five candidates were present.
The results were published in Nature.
Grandmother's clock has stopped at a quarter past six.
We ordered tea—black, with lemon.
The team won the match 3–2 in extra time.
It takes about forty minutes by bus.
Good night, and thank you for everything.""".split("\n")

SENTENCES = JAPANESE + THAI + ENGLISH

# What is seldom written, and breaks what was never tried.
EDGE_CASES = [
    "", " ", "   ", "\t", "　", "a", " a", "a ", "  two  spaces  ", "tab\there\t", "　全角の　空白　", "no\u00a0break\u2003wide",
    "ｶﾞｷﾞｸﾞ ﾊﾟﾋﾟﾌﾟ", "か\u3099き\u3099 ハ\u309a", "ＦＵＬＬ　ｗｉｄｔｈ　１２３！", "ﬁne ﬂow ½ ² ™ ㍿ ㌔ Ⅷ ①", "e\u0301 Å \u212b ñ n\u0303 X\u0304",
    "\u1112\u1161\u11ab\u1100\u1173\u11af 한글", "夜空～〜", "İstanbul ıssız ẞß ΣΑΣ ς", "Ẹ\u0300 Ɛ\u0301 M\u0304",
    "🎉", "a🎉b", "👩‍👩‍👧‍👦 family", "🇯🇵🇹🇭 flags ❤️", "Ελλάδα Россия עברית العربية हिन्दी", "\u200bzero\u200bwidth\ufeff", "soft\u00adhyphen",
    "control\x01\x02 chars\x7f", "line\rreturn", "a▁b ▁ ▁▁c", "▅", "<s></s><unk><pad>", "[MASK]", "a [MASK] b", "東京は[MASK]の首都です。",
    " [CLS] x [SEP]y[SEP] ", "[MASK][MASK] [MASK]", "[UNK]x", "[mask] [ MASK ] [MASK", "［ＭＡＳＫ］ ［ＵＮＫ］",
    "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaa", "------------======", "ーーーーーーー", "000000000000", "ๆๆๆๆๆ", "x" * 3000, "東" * 2000, "the " * 1000,
]
